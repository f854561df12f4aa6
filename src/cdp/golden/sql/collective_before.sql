-- grain: one member of one household or group of the run before, under the id it has now
-- key: global
-- reads: gold.household, gold.household_member, gold.company_group, gold.company_group_member, identity.alias
-- writes: step.collective_before
with before as (
    select
        'household' as kind,
        m.household_id as id,
        h.seed_id,
        h.ordinal,
        m.profile_id as member_id
    from gold.household_member as m
    inner join gold.household as h on h.household_id = m.household_id
    union all
    select
        'group' as kind,
        m.group_id as id,
        g.seed_id,
        g.ordinal,
        m.account_id as member_id
    from gold.company_group_member as m
    inner join gold.company_group as g on g.group_id = m.group_id
)

select distinct
    b.kind,
    b.id,
    b.seed_id,
    b.ordinal,
    coalesce(a.profile_id, b.member_id) as member_id
from before as b
left join identity.alias as a on a.retired_id = b.member_id
