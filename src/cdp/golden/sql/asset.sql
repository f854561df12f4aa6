-- grain: one asset of a record that its source names, with the ids of those it belongs to
-- key: record_id
-- reads: silver.asset, step.party
-- broadcast: step.account_record, step.reference_owner
-- writes: gold.asset
select
    case when s.record_id is null then o.profile_id else s.person_id end as profile_id,
    coalesce(a.account_id, case when s.record_id is null then o.account_id else s.account_id end)
        as account_id,
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
left join step.party as s on s.record_id = e.record_id
left join step.account_record as a on a.record_id = e.account_record_id
left join step.reference_owner as o on o.kind = e.ref_kind and o.value = e.ref_value
where e.record_id is not null
