-- grain: one profile whose household, company group or place in a hierarchy is another than before
-- key: global
-- reads: gold.household_member, gold.company_group_member, step.household_member_before, step.company_group_member_before, gold.account_hierarchy, step.account_hierarchy_before, step.touched_profile_id
-- writes: step.touched_profile_id
with changed as (
    select profile_id
    from (
        (from gold.household_member except from step.household_member_before)
        union all
        (from step.household_member_before except from gold.household_member)
    )
    union
    select account_id as profile_id
    from (
        (from gold.company_group_member except from step.company_group_member_before)
        union all
        (from step.company_group_member_before except from gold.company_group_member)
    )
    union
    select account_id as profile_id
    from (
        (from gold.account_hierarchy except from step.account_hierarchy_before)
        union all
        (from step.account_hierarchy_before except from gold.account_hierarchy)
    )
)

select changed.profile_id as profile_id
from changed
anti join step.touched_profile_id as known on changed.profile_id = known.profile_id
