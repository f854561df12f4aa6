-- grain: one order of one source, of a record that its source names
-- key: record_id
-- reads: step.linked_order
-- broadcast: step.order_copy
-- writes: gold.order
select
    e.profile_id,
    e.account_id,
    c.duplicate_of,
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
from step.linked_order as e
left join step.order_copy as c on c.order_id = e.order_id
where e.record_id is not null
