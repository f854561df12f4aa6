-- grain: one asset
-- key: global
-- reads: temp.canonical_event
-- writes: silver.asset
-- A mere projection from the key of the event itself (record_id in step) to that of its party.
select
    e.record_id as asset_id,
    e.party_id as record_id,
    e.account_id as account_record_id,
    e.ref_kind,
    e.ref_value,
    e.source,
    e.fields['status'] as status,
    e.fields['name'] as name,
    e.fields['number'] as number,
    e.fields['serial_number'] as serial_number,
    e.fields['quantity']::decimal(18, 3) as quantity,
    e.fields['bought_on']::date as bought_on,
    e.fields['installed_on']::date as installed_on,
    e.fields['warranty_until']::date as warranty_until,
    e.fields['created_at']::timestamp as created_at,
    e.fields['changed_at']::timestamp as changed_at,
    coalesce(e.fields['custom'], '{}')::json as custom
from temp.canonical_event as e
where e.kind = 'asset'
