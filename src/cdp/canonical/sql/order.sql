-- grain: one order
-- key: global
-- reads: temp.canonical_event, temp.canonical_told
-- writes: silver.order
-- A mere projection from the key of the event itself (record_id in step) to that of its party.
select
    e.record_id as order_id,
    e.party_id as record_id,
    e.account_id as account_record_id,
    e.ref_kind,
    e.ref_value,
    e.source,
    t.began_at as ordered_at,
    t.changed_at,
    t.status,
    e.fields['channel'] as channel,
    e.fields['currency'] as currency,
    t.amount,
    e.fields['reference'] as reference,
    coalesce(e.fields['custom'], '{}')::json as custom
from temp.canonical_event as e
inner join temp.canonical_told as t on t.record_id = e.record_id and t.kind = e.kind
where e.kind = 'order'
