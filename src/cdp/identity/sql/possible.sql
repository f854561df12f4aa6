-- grain: one profile that is perhaps the same as others, and the group of those
-- key: global
-- reads: step.engine_cluster, identity.assignment
-- writes: identity.possible
-- The lenient cut of the same scored graph: its clusters are unions of strict ones. A group goes by
-- the smallest of its ids.
with held as (
    select distinct
        cluster.possible as possible,
        assignment.profile_id as profile_id,
        assignment.entity_type as entity_type
    from step.engine_cluster as cluster
    inner join identity.assignment as assignment
        on cluster.record_id = assignment.record_id and assignment.live
),
grouped as (
    select
        possible,
        min(profile_id) as group_id
    from held
    group by possible
    having count(*) > 1
)
select
    held.profile_id as profile_id,
    grouped.group_id as group_id,
    min(held.entity_type) as entity_type
from held
inner join grouped on held.possible = grouped.possible
group by
    held.profile_id,
    grouped.group_id
order by
    profile_id,
    group_id
