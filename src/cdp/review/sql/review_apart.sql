-- grain: one pair of profiles that are apart and perhaps should be one
-- key: global
-- reads: step.review_tie, identity.assignment
-- broadcast: step.review_decided
-- params: missing
-- writes: step.review_apart
-- What a source relates to each other is two, which is no question.
-- A visitor's device goes with its profile but is compared with nobody (it has no evidence).
with size as (
    select
        profile_id,
        count(*) filter (where evidence is not null) as records,
        list_sort(list(record_id)) as members
    from identity.assignment
    where live and entity_type <> 'visitor'
    group by profile_id
),
decided as (
    select distinct
        least(l.profile_id, r.profile_id) as profile_id,
        greatest(l.profile_id, r.profile_id) as other_id
    from step.review_decided as pair
    inner join identity.assignment as l on pair.record_l = l.record_id
    inner join identity.assignment as r on pair.record_r = r.record_id
),
between_them as (
    select
        least(profile_l, profile_r) as profile_id,
        greatest(profile_l, profile_r) as other_id,
        min(entity_type) as entity_type,
        count(*) as scored,
        sum(clipped::decimal(18, 6))::double as total,
        max(pooled_weight) as pooled,
        max({'match_weight': match_weight, 'record_l': record_l, 'record_r': record_r}) as strongest
    from step.review_tie
    where profile_l <> profile_r
    group by
        least(profile_l, profile_r),
        greatest(profile_l, profile_r)
    having count(*) filter (where decided_by = 'related') = 0
)
select
    pair.profile_id as profile_id,
    pair.other_id as other_id,
    pair.entity_type as entity_type,
    one.members as side_l,
    other.members as side_r,
    pair.strongest.record_l as record_l,
    pair.strongest.record_r as record_r,
    pair.strongest.match_weight as match_weight,
    pair.scored as scored,
    coalesce(
        pair.pooled,
        (pair.total + (one.records * other.records - pair.scored) * $missing::double)
        / (one.records * other.records)
    ) as pooled_weight
from between_them as pair
inner join size as one on pair.profile_id = one.profile_id
inner join size as other on pair.other_id = other.profile_id
left join decided on pair.profile_id = decided.profile_id and pair.other_id = decided.other_id
where decided.profile_id is null
