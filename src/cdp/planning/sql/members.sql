-- grain: one profile that would enter or leave one segment; a merged one is its survivor
-- key: global
-- reads: step.plan_member, gold.segment_member, identity.alias
-- writes: step.plan_members
with before as (
    select distinct
        member.segment as segment,
        coalesce(alias.profile_id, member.profile_id) as profile_id
    from step.plan_member as member
    left join identity.alias as alias on member.profile_id = alias.retired_id
)
select
    coalesce(after.segment, before.segment) as segment,
    coalesce(after.profile_id, before.profile_id) as profile_id,
    case when before.segment is null then 'entered' else 'left' end as change
from before
full join gold.segment_member as after
    on before.segment = after.segment and before.profile_id = after.profile_id
where before.segment is null or after.segment is null
order by
    segment,
    change,
    profile_id
