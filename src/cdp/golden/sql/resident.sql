-- grain: one person with the keys of its family name and its home
-- key: profile_id
-- reads: step.home
-- broadcast: step.home_key, step.business_address
-- writes: step.resident
with keyed as (
    select
        h.profile_id,
        coalesce(f.key, '') as family_key,
        coalesce(f.parts, []) as family_parts,
        s.key as street_key,
        concat_ws('|', coalesce(nullif(n.number, ''), s.number), p.key) as plot,
        h.birth_year,
        h.at_work,
        h.seen_at,
        coalesce(nullif(n.unit, ''), s.unit, '') as unit,
        case
            when coalesce(nullif(n.number, ''), s.number) <> ''
            then concat_ws('|', s.key, coalesce(nullif(n.number, ''), s.number), p.key)
        end as house
    from step.home as h
    left join step.home_key as f on f.kind = 'family' and f.text = h.family_name
    left join step.home_key as s on s.kind = 'street' and s.text = h.street
    left join step.home_key as n on n.kind = 'number' and n.text = h.house_number
    left join step.home_key as p on p.kind = 'place' and p.text = h.place
)

select
    k.profile_id,
    k.family_key,
    k.family_parts,
    k.street_key,
    k.plot,
    k.birth_year,
    k.seen_at,
    k.unit,
    b.house is not null as is_business,
    -- an office is nobody's home
    case when not (k.at_work and b.house is not null) then k.house end as house
from keyed as k
left join step.business_address as b on b.house = k.house
