-- grain: one value of one attribute or identifier, with when the source confirmed it
-- key: record_id
-- reads: temp.canonical_good, temp.canonical_party
-- writes: temp.canonical_stated
with changed as (
    select
        record_id,
        seq,
        max(value)::timestamp as changed_at
    from temp.canonical_good
    where kind = 'party' and field = 'changed_at'
    group by record_id, seq
)
select
    g.record_id,
    g.seq,
    g.kind,
    g.slot,
    g.item,
    g.field,
    g.value,
    g.original,
    coalesce(c.changed_at, g.seen_at) as seen_at
from temp.canonical_good as g
inner join temp.canonical_party as p on p.record_id = g.record_id
left join changed as c on c.record_id = g.record_id and c.seq = g.seq
where g.kind in ('attribute', 'identifier', 'address')
