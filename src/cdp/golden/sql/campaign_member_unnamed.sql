-- grain: one member of a campaign of which only a contact point or nothing is known
-- key: global
-- reads: silver.campaign_member, step.account_record, step.reference_owner
-- writes: gold.campaign_member
select
    o.profile_id,
    coalesce(a.account_id, o.account_id) as account_id,
    e.campaign_member_id,
    e.record_id,
    e.account_record_id,
    e.ref_kind,
    e.ref_value,
    e.source,
    e.campaign_id,
    e.status,
    e.joined_at,
    e.responded,
    e.responded_at
from silver.campaign_member as e
left join step.account_record as a on a.record_id = e.account_record_id
left join step.reference_owner as o on o.kind = e.ref_kind and o.value = e.ref_value
where e.record_id is null
