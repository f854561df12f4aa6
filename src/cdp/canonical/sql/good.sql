-- grain: one clean field of one entity that is of use
-- key: record_id
-- reads: temp.canonical_value, temp.canonical_entity, temp.canonical_sound
-- broadcast: temp.canonical_refused
-- writes: temp.canonical_good
-- An entity is of use with its parts, unless none of those that stand for themselves is.
with hollow as (
    select
        e.record_id,
        e.seq
    from temp.canonical_entity as e
    anti join temp.canonical_sound as o on o.record_id = e.record_id and o.seq = e.seq
    where e.main
    group by e.record_id, e.seq
    having bool_and(e.reason is not null)
),
broken as (
    select
        record_id,
        seq,
        kind,
        slot,
        item
    from temp.canonical_entity
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
from temp.canonical_value as v
anti join hollow as h on h.record_id = v.record_id and h.seq = v.seq
anti join broken as b
    on b.record_id = v.record_id
    and b.seq = v.seq
    and b.kind = v.kind
    and b.slot = v.slot
    and b.item = v.item
anti join temp.canonical_refused as r on r.seq = v.seq
where v.value is not null
