-- grain: one field of one entity, cleaned or with the reason why not
-- key: record_id
-- reads: temp.canonical_field
-- broadcast: temp.canonical_clean
-- writes: temp.canonical_value
select
    f.record_id,
    f.source,
    f.object,
    f.seq,
    f.seen_at,
    f.received_at,
    f.kind,
    f.slot,
    f.item,
    f.main,
    f.merge,
    f.field,
    coalesce(f.plain, c.value) as value,
    case
        when f.meaning is null then 'unknown_code'
        else c.reason
    end as reason,
    case
        when f.meaning is null then 'the mapping gives this value no meaning'
        else c.message
    end as message,
    f.original
from temp.canonical_field as f
left join temp.canonical_clean as c
    on c.type = f.type
    and c.hint = f.hint
    and c.meaning = case when f.plain is null then f.meaning end
