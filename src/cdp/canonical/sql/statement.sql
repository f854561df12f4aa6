-- grain: one statement of permission for one contact point
-- key: record_id
-- reads: temp.canonical_good, temp.canonical_entity
-- writes: temp.canonical_statement
-- record_id is the key of the record that holds the statement, which may name another.
with statement as (
    select
        g.record_id,
        g.source,
        g.seq,
        g.slot,
        g.item,
        g.seen_at,
        e.main,
        max(g.value) filter (where g.field = 'party') as party,
        max(g.value) filter (where g.field = 'contact_kind') as contact_kind,
        max(g.value) filter (where g.field = 'contact') as contact_value,
        max(g.value) filter (where g.field = 'channel') as channel,
        max(g.value) filter (where g.field = 'purpose') as purpose,
        max(g.value) filter (where g.field = 'category') as category,
        max(g.value) filter (where g.field = 'state') as state,
        max(g.value) filter (where g.field = 'given_at')::timestamp as given_at,
        max(g.value) filter (where g.field = 'provable') as provable,
        max(g.value) filter (where g.field = 'proof') as proof
    from temp.canonical_good as g
    inner join temp.canonical_entity as e
        on e.record_id = g.record_id
        and e.seq = g.seq
        and e.kind = g.kind
        and e.slot = g.slot
        and e.item = g.item
    where g.kind = 'consent'
    group by g.record_id, g.source, g.seq, g.slot, g.item, g.seen_at, e.main
),
numbered as (
    select
        *,
        row_number() over (partition by record_id order by main desc, seq, slot, item) as place
    from statement
)
select
    case when main and place = 1 then record_id else record_id || ':' || place end as consent_id,
    record_id,
    case when main then party else record_id end as party_id,
    source,
    contact_kind,
    contact_value,
    channel,
    coalesce(purpose, 'marketing') as purpose,
    coalesce(category, 'any') as category,
    state,
    coalesce(given_at, seen_at) as given_at,
    coalesce(provable, 'false')::boolean as provable,
    proof
from numbered
