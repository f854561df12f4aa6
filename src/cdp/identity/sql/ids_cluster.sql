-- grain: one delivered record and its cluster
-- key: global
-- reads: step.party_cluster, step.visitor_owner, silver.record
-- writes: step.ids_cluster
-- A visitor belongs to the one person who was seen on the device, else to nobody but itself.
with owner as (
    select
        visitor_id,
        min(cluster) as cluster
    from step.visitor_owner
    where profiles = 1
    group by visitor_id
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
