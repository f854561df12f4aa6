-- grain: one sales or service activity
-- key: global
-- reads: temp.canonical_event
-- writes: silver.activity
-- A mere projection from the key of the event itself (record_id in step) to that of its party.
select
    e.record_id as activity_id,
    e.party_id as record_id,
    e.account_id as account_record_id,
    e.ref_kind,
    e.ref_value,
    e.source,
    e.fields['kind'] as kind,
    e.fields['subject'] as subject,
    e.fields['status'] as status,
    e.fields['starts_at']::timestamp as starts_at,
    e.fields['ends_at']::timestamp as ends_at,
    e.fields['changed_at']::timestamp as changed_at,
    e.fields['direction'] as direction
from temp.canonical_event as e
where e.kind = 'activity'
