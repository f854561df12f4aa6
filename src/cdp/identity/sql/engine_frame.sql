-- grain: one person or organisation record as the engine reads it
-- key: record_id
-- reads: silver.record, step.engine_attribute, step.engine_identifier, step.engine_employer
-- params: with_custom
-- writes: step.engine_frame
-- The engine tells an organisation by a company without a person's name. So a person without a
-- name shows no company, and an organisation always shows one, its own key if need be.
select
    record.record_id as record_id,
    record.source as source,
    case record.party_type when 'person' then attribute.given_name end as given_name,
    case record.party_type when 'person' then attribute.middle_name end as middle_name,
    case record.party_type when 'person' then attribute.family_name end as family_name,
    case record.party_type when 'person' then attribute.full_name end as full_name,
    attribute.birth_date as birth_date,
    attribute.gender as gender,
    identifier.emails as emails,
    identifier.phones as phones,
    nullif(
        concat_ws(' ', attribute.address ->> 'street', attribute.address ->> 'house_number'), ''
    ) as street,
    attribute.address ->> 'city' as city,
    attribute.address ->> 'postcode' as postcode,
    attribute.address ->> 'state' as state,
    attribute.address ->> 'country' as country,
    case
        when record.party_type = 'organisation'
            then coalesce(attribute.organisation_name, identifier.domain, record.record_id)
        when coalesce(attribute.given_name, attribute.family_name, attribute.full_name) is not null
            then coalesce(attribute.company, employer.company)
    end as company,
    identifier.national_id as national_id,
    identifier.other_ids as other_ids,
    json_merge_patch(
        coalesce(case when $with_custom::boolean then record.custom end, '{}'::json),
        coalesce(attribute.extra, '{}'::json)
    )::varchar as extra,
    case record.party_type when 'person' then attribute.names end as names,
    attribute.addresses as addresses,
    attribute.birth_dates as birth_dates,
    case
        when record.party_type = 'organisation' then attribute.organisation_names
        when coalesce(attribute.given_name, attribute.family_name, attribute.full_name) is not null
            then attribute.companies
    end as companies,
    identifier.national_ids as national_ids,
    identifier.own_ids as own_ids
from silver.record as record
left join step.engine_attribute as attribute on record.record_id = attribute.record_id
left join step.engine_identifier as identifier on record.record_id = identifier.record_id
left join step.engine_employer as employer on record.record_id = employer.record_id
where record.party_type in ('person', 'organisation')
