-- grain: one person living in one household
-- key: global
-- reads: step.home, step.home_key
-- writes: gold.household
with home as (
    select
        p.profile_id,
        p.family_name,
        p.street,
        p.place,
        k.family_key,
        k.street_key,
        k.place_key
    from step.home as p
    inner join step.home_key as k
        on k.family_name = p.family_name and k.street = p.street and k.place = p.place
    where k.family_key <> ''
),

household as (
    select
        family_key,
        street_key,
        place_key,
        'H-' || left(md5(concat_ws('|', family_key, street_key, place_key)), 20) as household_id,
        count(*) as members,
        concat(
            'family name ', min(family_name), ' at ', min(street), ', ', min(place)
        ) as reason
    from home
    group by family_key, street_key, place_key
    having count(*) > 1
)

select
    h.household_id,
    p.profile_id,
    h.members,
    h.reason
from home as p
inner join household as h
    on h.family_key = p.family_key
    and h.street_key = p.street_key
    and h.place_key = p.place_key
