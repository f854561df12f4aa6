-- grain: one delivered record and its cluster
-- key: global
-- reads: step.party_cluster, step.visitor_owner, step.group_tie, silver.record
-- writes: step.ids_cluster
-- A visitor belongs to the one person who was seen on the device, else to nobody but itself; a group
-- to those that hold one of its keys too.
with recursive owner as (
    select
        visitor_id,
        min(cluster) as cluster
    from step.visitor_owner
    where profiles = 1
    group by visitor_id
),
tie as (
    select
        record_l as one,
        record_r as other
    from step.group_tie
    union all
    select
        record_r as one,
        record_l as other
    from step.group_tie
),
reached as (
    select
        record_id,
        record_id as other
    from silver.record
    where party_type = 'group'
    union
    select
        reached.record_id as record_id,
        tie.other as other
    from reached
    inner join tie on reached.other = tie.one
)
select
    record_id,
    cluster,
    entity_type,
    evidence
from step.party_cluster
union all by name
select
    visitor.record_id as record_id,
    coalesce(owner.cluster, visitor.record_id) as cluster,
    case when owner.cluster is null then 'visitor' else 'person' end as entity_type,
    null::varchar as evidence
from silver.record as visitor
left join owner on visitor.record_id = owner.visitor_id
where visitor.party_type = 'visitor'
union all by name
select
    record_id,
    min(other) as cluster,
    'group' as entity_type,
    null::varchar as evidence
from reached
group by record_id
