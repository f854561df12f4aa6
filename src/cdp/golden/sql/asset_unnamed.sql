-- grain: one asset of which only a contact point, another system's key or nothing is known
-- key: global
-- reads: silver.asset, step.account_record, step.reference_owner
-- writes: gold.asset
select
    o.profile_id,
    coalesce(a.account_id, o.account_id) as account_id,
    e.asset_id,
    e.record_id,
    e.account_record_id,
    e.ref_kind,
    e.ref_value,
    e.source,
    e.status,
    e.name,
    e.number,
    e.serial_number,
    e.quantity,
    e.bought_on,
    e.installed_on,
    e.warranty_until,
    e.created_at,
    e.changed_at,
    e.custom
from silver.asset as e
left join step.account_record as a on a.record_id = e.account_record_id
left join step.reference_owner as o on o.kind = e.ref_kind and o.value = e.ref_value
where e.record_id is null
