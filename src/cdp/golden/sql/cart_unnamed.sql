-- grain: one cart that was not (yet) ordered of which only a contact point, another system's key or nothing is known
-- key: global
-- reads: silver.cart, step.account_record, step.reference_owner
-- writes: gold.cart
select
    o.profile_id,
    coalesce(a.account_id, o.account_id) as account_id,
    case when e.status = 'abandoned' then e.changed_at end as abandoned_at,
    e.cart_id,
    e.record_id,
    e.account_record_id,
    e.ref_kind,
    e.ref_value,
    e.source,
    e.created_at,
    e.changed_at,
    e.status,
    e.currency,
    e.amount,
    e.lines,
    e.url
from silver.cart as e
left join step.account_record as a on a.record_id = e.account_record_id
left join step.reference_owner as o on o.kind = e.ref_kind and o.value = e.ref_value
where e.record_id is null
