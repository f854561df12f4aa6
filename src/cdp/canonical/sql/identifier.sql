-- grain: one identifier of one source record
-- key: record_id
-- reads: temp.canonical_stated, temp.canonical_party, temp.canonical_good
-- writes: silver.identifier
with verified as (
    select
        record_id,
        seq,
        slot,
        item
    from temp.canonical_stated
    where kind = 'identifier' and field = 'verified' and value = 'true'
),
candidate as (
    select
        s.record_id,
        s.field as kind,
        s.value,
        s.original,
        s.seq,
        s.slot,
        s.item,
        s.seen_at,
        v.record_id is not null as verified
    from temp.canonical_stated as s
    left join verified as v
        on v.record_id = s.record_id
        and v.seq = s.seq
        and v.slot = s.slot
        and v.item = s.item
    where s.kind = 'identifier' and s.field <> 'verified'
    union all
    select
        record_id,
        'source' as kind,
        record_id as value,
        native_id as original,
        null::bigint as seq,
        -1 as slot,
        0 as item,
        changed_at as seen_at,
        true as verified
    from temp.canonical_party
    union all
    -- An alias of one known user for another: both keys are the same person's.
    select
        g.record_id,
        'source' as kind,
        g.value,
        g.original,
        g.seq,
        g.slot,
        g.item,
        g.seen_at,
        false as verified
    from temp.canonical_good as g
    inner join temp.canonical_party as p
        on p.record_id = g.record_id and p.party_type <> 'visitor'
    where g.kind = 'visitor_link' and g.field = 'record_id' and g.value <> g.record_id
),
one as (
    select
        record_id,
        kind,
        value,
        arg_max(original, (seen_at, coalesce(seq, 0), -slot, -item)) as original,
        max(seen_at) as seen_at,
        max(coalesce(seq, 0)) as seq,
        min(slot) as slot,
        min(item) as item,
        bool_or(verified) as verified
    from candidate
    group by record_id, kind, value
)
select
    record_id,
    kind,
    value,
    original,
    (row_number() over (
        partition by record_id, kind
        order by slot < 0 desc, seen_at desc, seq desc, slot, item, value
    ) - 1)::integer as position,
    seen_at,
    verified
from one
