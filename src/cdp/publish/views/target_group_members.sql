-- grain: one party in one target group
select
    member.profile_id,
    member.account_id,
    member.target_group_member_id,
    member.record_id,
    member.account_record_id,
    member.ref_kind,
    member.ref_value,
    member.source,
    member.target_group_id,
    member.is_control_group,
    member.joined_at,
    target_group.name,
    target_group.status
from gold.target_group_member as member
left join gold.target_group as target_group
    on target_group.target_group_id = member.target_group_id
