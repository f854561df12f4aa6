-- grain: one target group
with counted as (
    select
        target_group_id,
        count(*) as members,
        count(coalesce(profile_id, account_id)) as known
    from gold.target_group_member
    group by target_group_id
)
select
    target_group.target_group_id,
    target_group.source,
    target_group.name,
    target_group.description,
    target_group.status,
    target_group.is_control_group,
    target_group.size,
    target_group.created_at,
    target_group.changed_at,
    target_group.custom,
    coalesce(counted.members, 0)::bigint as members,
    coalesce(counted.known, 0)::bigint as known
from gold.target_group as target_group
left join counted
    on counted.target_group_id = target_group.target_group_id
