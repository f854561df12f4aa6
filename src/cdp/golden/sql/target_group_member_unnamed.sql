-- grain: one member of a target group of which only a contact point or nothing is known
-- key: global
-- reads: silver.target_group_member, step.account_record, step.reference_owner
-- writes: gold.target_group_member
select
    o.profile_id,
    coalesce(a.account_id, o.account_id) as account_id,
    e.target_group_member_id,
    e.record_id,
    e.account_record_id,
    e.ref_kind,
    e.ref_value,
    e.source,
    e.target_group_id,
    e.is_control_group,
    e.joined_at
from silver.target_group_member as e
left join step.account_record as a on a.record_id = e.account_record_id
left join step.reference_owner as o on o.kind = e.ref_kind and o.value = e.ref_value
where e.record_id is null
