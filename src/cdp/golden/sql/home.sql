-- grain: one person whose golden record has a family name and a street
-- key: profile_id
-- reads: gold.profile
-- writes: step.home
select
    profile_id,
    family_name,
    concat_ws(' ', street, house_number) as street,
    coalesce(postcode, city) as place
from gold.profile
where
    profile_type = 'person'
    and family_name is not null
    and street is not null
    and coalesce(postcode, city) is not null
