-- grain: one opportunity
-- key: global
-- reads: temp.canonical_event
-- writes: silver.opportunity
-- A mere projection from the key of the event itself (record_id in step) to that of its party.
select
    e.record_id as opportunity_id,
    e.party_id as record_id,
    e.account_id as account_record_id,
    e.ref_kind,
    e.ref_value,
    e.source,
    e.fields['created_at']::timestamp as created_at,
    e.fields['changed_at']::timestamp as changed_at,
    e.fields['status'] as status,
    e.fields['phase'] as phase,
    e.fields['probability']::decimal(5, 2) as probability,
    e.fields['name'] as name,
    e.fields['currency'] as currency,
    e.fields['amount']::decimal(18, 2) as amount,
    e.fields['close_on']::date as close_on
from temp.canonical_event as e
where e.kind = 'opportunity'
