-- grain: one row: pairs of labelled records that are one and joined, only joined, only one
-- key: global
-- reads: step.scorecard_label, identity.assignment
-- writes: step.scorecard_labelled
with labelled as (
    select
        label.entity as entity,
        assignment.profile_id as profile_id
    from step.scorecard_label as label
    inner join identity.assignment as assignment
        on label.record_id = assignment.record_id and assignment.live
),
cell as (
    select
        entity,
        profile_id,
        count(*) as records
    from labelled
    group by
        entity,
        profile_id
),
both_ways as (
    select coalesce(sum(records * (records - 1) / 2), 0)::bigint as pairs from cell
),
joined as (
    select coalesce(sum(records * (records - 1) / 2), 0)::bigint as pairs
    from (select count(*) as records from labelled group by profile_id)
),
one as (
    select coalesce(sum(records * (records - 1) / 2), 0)::bigint as pairs
    from (select count(*) as records from labelled group by entity)
)
select
    both_ways.pairs as both,
    joined.pairs - both_ways.pairs as joined_only,
    one.pairs - both_ways.pairs as one_only
from both_ways
cross join joined
cross join one
