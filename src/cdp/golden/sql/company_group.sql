-- grain: one group of organisations
-- key: global
-- reads: gold.company_group_member, step.collective_id, step.firm
-- writes: gold.company_group
select
    m.group_id,
    max(f.name) filter (m.role = 'head') as name,
    count(*) as members,
    min(m.account_id) filter (m.role = 'head') as head_id,
    min(m.confidence) as confidence,
    i.seed_id,
    i.ordinal
from gold.company_group_member as m
inner join step.collective_id as i on i.kind = 'group' and i.id = m.group_id
inner join step.firm as f on f.profile_id = m.account_id
group by m.group_id, i.seed_id, i.ordinal
