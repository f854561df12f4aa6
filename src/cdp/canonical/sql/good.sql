-- grain: one clean field of one entity that is of use
-- key: record_id
-- reads: step.canonical_value, step.canonical_entity
-- broadcast: step.canonical_refused
-- writes: step.canonical_good
with whole as (
    select distinct
        record_id,
        seq
    from step.canonical_entity
    where main and reason is null
),
broken as (
    select
        record_id,
        seq,
        kind,
        slot,
        item
    from step.canonical_entity
    where reason is not null
)
select
    v.record_id,
    v.source,
    v.object,
    v.seq,
    v.seen_at,
    v.received_at,
    v.kind,
    v.slot,
    v.item,
    v.field,
    v.value,
    v.original
from step.canonical_value as v
inner join whole as w on w.record_id = v.record_id and w.seq = v.seq
left join broken as b
    on b.record_id = v.record_id
    and b.seq = v.seq
    and b.kind = v.kind
    and b.slot = v.slot
    and b.item = v.item
left join step.canonical_refused as r on r.seq = v.seq
where v.value is not null and b.record_id is null and r.seq is null
