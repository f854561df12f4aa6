-- grain: one person with a family name or a home, and where it lives as told last
-- key: profile_id
-- reads: gold.profile, temp.candidate, step.work_record
-- writes: step.home
with latest as (
    -- what was told to an employer's supplier is home only where nothing else is known
    select
        c.profile_id,
        bool_and(w.record_id is not null) as at_work,
        arg_min(
            c.number,
            create_sort_key(
                w.record_id is not null, 'ASC NULLS LAST',
                c.seen_at, 'DESC NULLS LAST',
                c.position, 'ASC NULLS LAST',
                c.record_id, 'ASC NULLS LAST'
            )
        ) as number
    from temp.candidate as c
    left join step.work_record as w
        on w.profile_id = c.profile_id and w.record_id = c.record_id
    where
        c.entity_type = 'person'
        and c.attribute = 'address'
        and c.value::json ->> '$.street' is not null
    group by c.profile_id
),

address as (
    select
        l.profile_id,
        l.at_work,
        c.seen_at,
        json_extract_string(
            c.value, ['$.street', '$.house_number', '$.postcode', '$.city', '$.country']
        ) as parts
    from latest as l
    inner join temp.candidate as c on c.number = l.number
)

select
    p.profile_id,
    p.family_name,
    year(p.birth_date) as birth_year,
    p.record_count,
    coalesce(a.at_work, false) as at_work,
    a.seen_at,
    a.parts[1] as street,
    a.parts[2] as house_number,
    a.parts[3] as postcode,
    a.parts[4] as city,
    a.parts[5] as country,
    coalesce(a.parts[3], a.parts[4]) as place
from gold.profile as p
left join address as a on a.profile_id = p.profile_id
where p.profile_type = 'person' and (p.family_name is not null or a.profile_id is not null)
