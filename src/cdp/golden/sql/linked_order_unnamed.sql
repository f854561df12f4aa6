-- grain: one order of which only a contact point, another system's key or nothing is known
-- key: global
-- reads: silver.order, step.account_record, step.reference_owner
-- writes: step.linked_order
select
    o.profile_id,
    coalesce(a.account_id, o.account_id) as account_id,
    e.order_id,
    e.record_id,
    e.account_record_id,
    e.ref_kind,
    e.ref_value,
    e.source,
    e.ordered_at,
    e.changed_at,
    e.status,
    e.channel,
    e.currency,
    e.amount,
    e.reference,
    e.custom
from silver.order as e
left join step.account_record as a on a.record_id = e.account_record_id
left join step.reference_owner as o on o.kind = e.ref_kind and o.value = e.ref_value
where e.record_id is null
