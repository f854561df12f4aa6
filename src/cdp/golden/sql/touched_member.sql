-- grain: one profile whose household or company group is another than before
-- key: global
-- reads: gold.household_member, gold.company_group_member, step.household_member_before, step.company_group_member_before, step.touched_profile_id
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
)

select changed.profile_id as profile_id
from changed
anti join step.touched_profile_id as known on changed.profile_id = known.profile_id
