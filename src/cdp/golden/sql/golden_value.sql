-- grain: one person, visitor, organisation or group with its golden values side by side
-- key: profile_id
-- reads: gold.attribute
-- writes: temp.golden_value
with wide as (
    select
        profile_id,
        max(case when attribute = 'title' then value end) as title,
        max(case when attribute = 'given_name' then value end) as given_name,
        max(case when attribute = 'middle_name' then value end) as middle_name,
        max(case when attribute = 'family_name' then value end) as family_name,
        max(case when attribute = 'full_name' then value end) as full_name,
        max(case when attribute = 'gender' then value end) as gender,
        max(case when attribute = 'birth_date' then value end) as birth_date,
        max(case when attribute = 'company' then value end) as company,
        max(case when attribute = 'job_title' then value end) as job_title,
        max(case when attribute = 'language' then value end) as language,
        max(case when attribute = 'organisation_name' then value end) as organisation_name,
        max(case when attribute = 'website' then value end) as website,
        max(case when attribute = 'industry' then value end) as industry,
        max(case when attribute = 'group_name' then value end) as group_name,
        max(case when attribute = 'group_kind' then value end) as group_kind,
        max(case when attribute = 'role' then value end) as role,
        max(case when attribute = 'email' then value end) as email,
        max(case when attribute = 'phone' then value end) as phone,
        max(case when attribute = 'tax_id' then value end) as tax_id,
        max(case when attribute = 'status' then value end) as status,
        max(case when attribute = 'region' then value end) as region,
        json_extract_string(
            max(case when attribute = 'address' then value end),
            [
                '$.street', '$.house_number', '$.postcode', '$.city', '$.state', '$.country'
            ]
        ) as address
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
    group_name,
    group_kind,
    role,
    email,
    phone,
    tax_id,
    status,
    region,
    address[1] as street,
    address[2] as house_number,
    address[3] as postcode,
    address[4] as city,
    address[5] as state,
    address[6] as country
from wide
