-- grain: one person living in one household
-- key: global
-- reads: gold.profile
-- writes: gold.household
with home as (
    select
        profile_id,
        family_name,
        concat_ws(' ', street, house_number) as street,
        coalesce(postcode, city) as place,
        -- letters and digits only, without accents; `Hauptstraße 5` and `Hauptstr. 5` are one
        regexp_replace(
            strip_accents(replace(lower(family_name), 'ß', 'ss')), '[^\p{L}\p{N}]', '', 'g'
        ) as family_key,
        regexp_replace(
            regexp_replace(
                strip_accents(replace(lower(concat_ws(' ', street, house_number)), 'ß', 'ss')),
                '(strasse|street)', 'str', 'g'
            ),
            '[^\p{L}\p{N}]', '', 'g'
        ) as street_key,
        concat_ws('|', lower(replace(coalesce(postcode, city), ' ', '')), lower(country))
            as place_key
    from gold.profile
    where
        profile_type = 'person'
        and family_name is not null
        and street is not null
        and coalesce(postcode, city) is not null
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
    where family_key <> ''
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
