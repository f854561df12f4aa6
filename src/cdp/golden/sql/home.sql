-- grain: one person with a family name or a home, and where it lives as told last
-- key: profile_id
-- reads: gold.profile, temp.candidate, step.work_record
-- writes: step.home
with address as (
    -- what was told to an employer's supplier is home only where nothing else is known
    select
        c.profile_id,
        w.record_id is not null as at_work,
        c.seen_at,
        c.record_id,
        c.position,
        c.value::json as address
    from temp.candidate as c
    left join step.work_record as w
        on w.profile_id = c.profile_id and w.record_id = c.record_id
    where c.entity_type = 'person' and c.attribute = 'address'
),

latest as (
    select
        profile_id,
        at_work,
        seen_at,
        address
    from address
    where address ->> '$.street' is not null
    qualify row_number() over (
        partition by profile_id
        order by at_work, seen_at desc, position, record_id
    ) = 1
)

select
    p.profile_id,
    p.family_name,
    year(p.birth_date) as birth_year,
    p.record_count,
    coalesce(l.at_work, false) as at_work,
    l.seen_at,
    l.address ->> '$.street' as street,
    l.address ->> '$.house_number' as house_number,
    l.address ->> '$.postcode' as postcode,
    l.address ->> '$.city' as city,
    l.address ->> '$.country' as country,
    coalesce(l.address ->> '$.postcode', l.address ->> '$.city') as place
from gold.profile as p
left join latest as l on l.profile_id = p.profile_id
where p.profile_type = 'person' and (p.family_name is not null or l.profile_id is not null)
