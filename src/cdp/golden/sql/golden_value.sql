-- grain: one person, visitor or organisation with its golden values side by side
-- key: profile_id
-- reads: gold.attribute
-- writes: temp.golden_value
with wide as (
    select
        profile_id,
        max(value) filter (attribute = 'title') as title,
        max(value) filter (attribute = 'given_name') as given_name,
        max(value) filter (attribute = 'middle_name') as middle_name,
        max(value) filter (attribute = 'family_name') as family_name,
        max(value) filter (attribute = 'full_name') as full_name,
        max(value) filter (attribute = 'gender') as gender,
        max(value) filter (attribute = 'birth_date') as birth_date,
        max(value) filter (attribute = 'company') as company,
        max(value) filter (attribute = 'job_title') as job_title,
        max(value) filter (attribute = 'language') as language,
        max(value) filter (attribute = 'organisation_name') as organisation_name,
        max(value) filter (attribute = 'website') as website,
        max(value) filter (attribute = 'industry') as industry,
        max(value) filter (attribute = 'role') as role,
        max(value) filter (attribute = 'email') as email,
        max(value) filter (attribute = 'phone') as phone,
        max(value) filter (attribute = 'tax_id') as tax_id,
        max(value) filter (attribute = 'status') as status,
        max(value) filter (attribute = 'region') as region,
        max(value) filter (attribute = 'address')::json as address
    from gold.attribute
    group by profile_id
)

select
    profile_id,
    title,
    given_name,
    middle_name,
    family_name,
    full_name,
    gender,
    birth_date,
    company,
    job_title,
    language,
    organisation_name,
    website,
    industry,
    role,
    email,
    phone,
    tax_id,
    status,
    region,
    address ->> '$.street' as street,
    address ->> '$.house_number' as house_number,
    address ->> '$.postcode' as postcode,
    address ->> '$.city' as city,
    address ->> '$.state' as state,
    address ->> '$.country' as country
from wide
