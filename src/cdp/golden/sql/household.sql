-- grain: one household
-- key: global
-- reads: gold.household_member, step.collective_id, step.home
-- writes: gold.household
with told as (
    select
        m.household_id,
        m.profile_id,
        m.role,
        m.confidence,
        h.family_name,
        h.street,
        h.house_number,
        h.postcode,
        h.city,
        h.country,
        row_number() over (
            partition by m.household_id
            order by h.street is null, h.at_work, h.seen_at desc, m.profile_id
        ) as place
    from gold.household_member as m
    left join step.home as h on h.profile_id = m.profile_id
)

select
    t.household_id,
    nullif(string_agg(distinct t.family_name, ' / ' order by t.family_name), '') as name,
    count(*) as members,
    min(t.profile_id) filter (t.role = 'head') as head_id,
    max(t.street) filter (t.place = 1) as street,
    max(t.house_number) filter (t.place = 1) as house_number,
    max(t.postcode) filter (t.place = 1) as postcode,
    max(t.city) filter (t.place = 1) as city,
    max(t.country) filter (t.place = 1) as country,
    min(t.confidence) as confidence,
    i.seed_id,
    i.ordinal
from told as t
inner join step.collective_id as i on i.kind = 'household' and i.id = t.household_id
group by t.household_id, i.seed_id, i.ordinal
