-- grain: one cart that was not (yet) ordered
-- key: global
-- reads: temp.canonical_event, temp.canonical_content
-- writes: silver.cart
-- A mere projection from the key of the event itself (record_id in step) to that of its party.
select
    e.record_id as cart_id,
    e.party_id as record_id,
    e.account_id as account_record_id,
    e.ref_kind,
    e.ref_value,
    e.source,
    e.fields['created_at']::timestamp as created_at,
    e.fields['changed_at']::timestamp as changed_at,
    e.fields['status'] as status,
    e.fields['currency'] as currency,
    e.fields['amount']::decimal(18, 2) as amount,
    coalesce(l.lines, '[]'::json) as lines
from temp.canonical_event as e
left join temp.canonical_content as l on l.record_id = e.record_id
where e.kind = 'cart'
