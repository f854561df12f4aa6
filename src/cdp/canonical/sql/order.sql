-- grain: one order
-- key: global
-- reads: temp.canonical_event
-- writes: silver.order
-- A mere projection from the key of the event itself (record_id in step) to that of its party.
select
    e.record_id as order_id,
    e.party_id as record_id,
    e.account_id as account_record_id,
    e.ref_kind,
    e.ref_value,
    e.source,
    e.fields['ordered_at']::timestamp as ordered_at,
    e.fields['changed_at']::timestamp as changed_at,
    e.fields['status'] as status,
    e.fields['channel'] as channel,
    e.fields['currency'] as currency,
    e.fields['amount']::decimal(18, 2) as amount,
    e.fields['reference'] as reference,
    coalesce(e.fields['custom'], '{}')::json as custom
from temp.canonical_event as e
where e.kind = 'order'
