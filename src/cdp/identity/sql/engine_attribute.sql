-- grain: one record with the attributes that the engine compares; the preferred value of each
-- key: record_id
-- reads: silver.attribute
-- params: extra_attributes
-- writes: step.engine_attribute
with preferred as (
    select
        record_id,
        attribute,
        value
    from silver.attribute
    qualify row_number() over (partition by record_id, attribute order by position) = 1
)
select
    record_id,
    max(value) filter (where attribute = 'given_name') as given_name,
    max(value) filter (where attribute = 'middle_name') as middle_name,
    max(value) filter (where attribute = 'family_name') as family_name,
    max(value) filter (where attribute = 'full_name') as full_name,
    max(value) filter (where attribute = 'birth_date') as birth_date,
    max(value) filter (where attribute = 'gender') as gender,
    max(value) filter (where attribute = 'company') as company,
    max(value) filter (where attribute = 'organisation_name') as organisation_name,
    max(value) filter (where attribute = 'address')::json as address,
    to_json(
        map_from_entries(
            coalesce(
                list({'key': attribute, 'value': value} order by attribute)
                    filter (where list_contains($extra_attributes::varchar[], attribute)),
                []
            )
        )
    ) as extra
from preferred
group by record_id
