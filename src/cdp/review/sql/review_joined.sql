-- grain: one profile in two halves that perhaps should not be one
-- key: global
-- reads: step.review_tie, identity.assignment
-- broadcast: step.review_group
-- params: missing
-- writes: step.review_joined
-- The two units that were joined with the least certainty begin the halves; every other unit goes to
-- the one it is tied to more strongly: the merges of the linkage, undone at their weakest.
with member as (
    select
        assignment.profile_id as profile_id,
        assignment.record_id as record_id,
        coalesce(review_group.unit, assignment.record_id) as unit
    from identity.assignment as assignment
    left join step.review_group as review_group on assignment.record_id = review_group.record_id
    where assignment.live and assignment.evidence is not null
),
inside as (
    select
        profile_l as profile_id,
        entity_type,
        least(unit_l, unit_r) as unit_l,
        greatest(unit_l, unit_r) as unit_r,
        coalesce(
            min(pooled_weight), sum(clipped::decimal(18, 6))::double / count(clipped)
        ) as weight
    from step.review_tie
    where profile_l = profile_r and unit_l <> unit_r
    group by
        profile_l,
        entity_type,
        least(unit_l, unit_r),
        greatest(unit_l, unit_r)
),
seed as (
    select
        profile_id,
        min(entity_type) as entity_type,
        min({'weight': weight, 'unit_l': unit_l, 'unit_r': unit_r}) as pair
    from inside
    group by profile_id
),
directed as (
    select
        profile_id,
        unit_l as unit,
        unit_r as other,
        weight
    from inside
    union all by name
    select
        profile_id,
        unit_r as unit,
        unit_l as other,
        weight
    from inside
),
half as (
    select
        member.profile_id as profile_id,
        member.record_id as record_id,
        seed.entity_type as entity_type,
        case
            when member.unit = seed.pair.unit_l then true
            when member.unit = seed.pair.unit_r then false
            else coalesce(to_l.weight, $missing::double) >= coalesce(to_r.weight, $missing::double)
        end as is_left
    from member
    inner join seed on member.profile_id = seed.profile_id
    left join directed as to_l
        on
            member.profile_id = to_l.profile_id
            and member.unit = to_l.unit
            and seed.pair.unit_l = to_l.other
    left join directed as to_r
        on
            member.profile_id = to_r.profile_id
            and member.unit = to_r.unit
            and seed.pair.unit_r = to_r.other
),
side as (
    select
        profile_id,
        min(entity_type) as entity_type,
        list_sort(list(record_id) filter (where is_left)) as side_l,
        list_sort(list(record_id) filter (where not is_left)) as side_r
    from half
    group by profile_id
),
across as (
    select
        tie.profile_l as profile_id,
        count(*) as scored,
        sum(tie.clipped::decimal(18, 6))::double as total,
        min(tie.pooled_weight) as pooled,
        min({
            'match_weight': tie.match_weight,
            'record_l': tie.record_l,
            'record_r': tie.record_r
        }) as weakest
    from step.review_tie as tie
    inner join half as l on tie.record_l = l.record_id
    inner join half as r on tie.record_r = r.record_id
    where tie.profile_l = tie.profile_r and l.is_left <> r.is_left
    group by tie.profile_l
)
select
    side.profile_id as profile_id,
    side.entity_type as entity_type,
    side.side_l as side_l,
    side.side_r as side_r,
    across.weakest.record_l as record_l,
    across.weakest.record_r as record_r,
    across.weakest.match_weight as match_weight,
    across.scored as scored,
    coalesce(
        across.pooled,
        (across.total + (len(side.side_l) * len(side.side_r) - across.scored) * $missing::double)
        / (len(side.side_l) * len(side.side_r))
    ) as pooled_weight
from side
inner join across on side.profile_id = across.profile_id
