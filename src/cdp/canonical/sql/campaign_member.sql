-- grain: one party in one campaign
-- key: global
-- reads: temp.canonical_event
-- writes: silver.campaign_member
-- A mere projection from the key of the event itself (record_id in step) to that of its party.
select
    e.record_id as campaign_member_id,
    e.party_id as record_id,
    e.account_id as account_record_id,
    e.ref_kind,
    e.ref_value,
    e.source,
    e.fields['campaign_id'] as campaign_id,
    e.fields['status'] as status,
    e.fields['joined_at']::timestamp as joined_at,
    e.fields['responded']::boolean as responded,
    e.fields['responded_at']::timestamp as responded_at
from temp.canonical_event as e
where e.kind = 'campaign_member'
