-- grain: one party in one target group that another system keeps
-- key: global
-- reads: temp.canonical_event
-- writes: silver.target_group_member
-- A mere projection from the key of the event itself (record_id in step) to that of its party.
select
    e.record_id as target_group_member_id,
    e.party_id as record_id,
    e.account_id as account_record_id,
    e.ref_kind,
    e.ref_value,
    e.source,
    e.fields['target_group_id'] as target_group_id,
    e.fields['is_control_group']::boolean as is_control_group,
    e.fields['joined_at']::timestamp as joined_at
from temp.canonical_event as e
where e.kind = 'target_group_member'
