-- grain: one record with the attributes that the engine compares: main values, and all further ones
-- key: record_id
-- reads: silver.attribute
-- params: extra_attributes
-- writes: step.engine_attribute
-- The n-th given name goes with the n-th family name; an address is one value anyhow.
with ranked as (
    select
        record_id,
        attribute,
        value,
        case when attribute = 'address' then value::json end as place,
        row_number() over (partition by record_id, attribute order by position) as number
    from silver.attribute
),
further_name as (
    select
        record_id,
        number,
        {
            'given_name': max(value) filter (where attribute = 'given_name'),
            'middle_name': max(value) filter (where attribute = 'middle_name'),
            'family_name': max(value) filter (where attribute = 'family_name'),
            'full_name': max(value) filter (where attribute = 'full_name')
        } as name
    from ranked
    where
        number > 1
        and attribute in ('given_name', 'middle_name', 'family_name', 'full_name')
    group by
        record_id,
        number
),
names as (
    select
        record_id,
        list(name order by number) as names
    from further_name
    group by record_id
)
select
    ranked.record_id as record_id,
    max(value) filter (where number = 1 and attribute = 'given_name') as given_name,
    max(value) filter (where number = 1 and attribute = 'middle_name') as middle_name,
    max(value) filter (where number = 1 and attribute = 'family_name') as family_name,
    max(value) filter (where number = 1 and attribute = 'full_name') as full_name,
    max(value) filter (where number = 1 and attribute = 'birth_date') as birth_date,
    max(value) filter (where number = 1 and attribute = 'gender') as gender,
    max(value) filter (where number = 1 and attribute = 'company') as company,
    max(value) filter (where number = 1 and attribute = 'organisation_name') as organisation_name,
    max(value) filter (where number = 1 and attribute = 'address')::json as address,
    to_json(
        map_from_entries(
            coalesce(
                list({'key': attribute, 'value': value} order by attribute)
                    filter (
                        where
                        number = 1
                        and list_contains($extra_attributes::varchar[], attribute)
                    ),
                []
            )
        )
    ) as extra,
    any_value(names.names) as names,
    list(
        {
            'street': nullif(concat_ws(' ', place ->> 'street', place ->> 'house_number'), ''),
            'city': place ->> 'city',
            'postcode': place ->> 'postcode',
            'state': place ->> 'state',
            'country': place ->> 'country'
        }
        order by number
    ) filter (where number > 1 and attribute = 'address') as addresses,
    list(value order by number)
        filter (where number > 1 and attribute = 'birth_date') as birth_dates,
    list(value order by number) filter (where number > 1 and attribute = 'company') as companies,
    list(value order by number)
        filter (where number > 1 and attribute = 'organisation_name') as organisation_names
from ranked
left join names on ranked.record_id = names.record_id
group by ranked.record_id
