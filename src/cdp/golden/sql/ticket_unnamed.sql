-- grain: one service ticket of which only a contact point, another system's key or nothing is known
-- key: global
-- reads: silver.ticket, step.account_record, step.reference_owner
-- writes: gold.ticket
select
    o.profile_id,
    coalesce(a.account_id, o.account_id) as account_id,
    e.ticket_id,
    e.record_id,
    e.account_record_id,
    e.ref_kind,
    e.ref_value,
    e.source,
    e.created_at,
    e.changed_at,
    e.status,
    e.priority,
    e.subject
from silver.ticket as e
left join step.account_record as a on a.record_id = e.account_record_id
left join step.reference_owner as o on o.kind = e.ref_kind and o.value = e.ref_value
where e.record_id is null
