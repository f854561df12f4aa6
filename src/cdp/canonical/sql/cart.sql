-- grain: one cart that was not (yet) ordered
-- key: global
-- reads: temp.canonical_event, temp.canonical_told, temp.canonical_content
-- writes: silver.cart
-- A mere projection from the key of the event itself (record_id in step) to that of its party.
select
    e.record_id as cart_id,
    e.party_id as record_id,
    e.account_id as account_record_id,
    e.ref_kind,
    e.ref_value,
    e.source,
    t.began_at as created_at,
    t.changed_at,
    t.status,
    e.fields['currency'] as currency,
    t.amount,
    coalesce(l.lines, '[]'::json) as lines,
    e.fields['url'] as url
from temp.canonical_event as e
inner join temp.canonical_told as t on t.record_id = e.record_id and t.kind = e.kind
left join temp.canonical_content as l on l.record_id = e.record_id
-- of what everything was taken out of no cart is left
where e.kind = 'cart' and not t.is_emptied
