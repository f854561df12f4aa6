-- grain: one lead of which only a contact point, another system's key or nothing is known
-- key: global
-- reads: silver.lead, step.account_record, step.reference_owner
-- writes: gold.lead
select
    o.profile_id,
    coalesce(a.account_id, o.account_id) as account_id,
    e.lead_id,
    e.record_id,
    e.account_record_id,
    e.ref_kind,
    e.ref_value,
    e.source,
    e.created_at,
    e.changed_at,
    e.status,
    e.qualification,
    e.origin,
    e.campaign,
    e.name,
    e.currency,
    e.amount
from silver.lead as e
left join step.account_record as a on a.record_id = e.account_record_id
left join step.reference_owner as o on o.kind = e.ref_kind and o.value = e.ref_value
where e.record_id is null
