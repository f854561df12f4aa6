-- grain: one value of one attribute of one source record
-- key: record_id
-- reads: temp.canonical_stated, temp.canonical_party
-- broadcast: temp.canonical_attribute
-- writes: silver.attribute
with address_part as (
    select
        record_id,
        seq,
        slot,
        item,
        seen_at,
        max(value) filter (where field = 'street') as street,
        max(value) filter (where field = 'house_number') as house_number,
        max(value) filter (where field = 'postcode') as postcode,
        max(value) filter (where field = 'city') as city,
        max(value) filter (where field = 'state') as state,
        max(value) filter (where field = 'country') as country,
        string_agg(original, ', ' order by list_position(
            ['street', 'house_number', 'postcode', 'city', 'state', 'country'], field
        )) as original
    from temp.canonical_stated
    where kind = 'address'
    group by record_id, seq, slot, item, seen_at
),
candidate as (
    select
        record_id,
        field as attribute,
        value,
        original,
        seq,
        slot,
        item,
        seen_at
    from temp.canonical_stated
    where kind = 'attribute'
    union all
    select
        record_id,
        'address' as attribute,
        json_object(
            'street', street,
            'house_number', house_number,
            'postcode', postcode,
            'city', city,
            'state', state,
            'country', country
        )::varchar as value,
        original,
        seq,
        slot,
        item,
        seen_at
    from address_part
),
latest as (
    select
        *,
        rank() over (partition by record_id, attribute order by seen_at desc, seq desc) as age
    from candidate
),
distinct_value as (
    select
        record_id,
        attribute,
        value,
        arg_min(original, (slot, item)) as original,
        min((slot, item)) as place,
        max(seen_at) as seen_at
    from latest
    where age = 1
    group by record_id, attribute, value
)
select
    d.record_id,
    d.attribute,
    (row_number() over (partition by d.record_id, d.attribute order by d.place) - 1)::integer
        as position,
    d.value,
    d.original,
    d.seen_at,
    false as verified
from distinct_value as d
inner join temp.canonical_party as p on p.record_id = d.record_id
inner join temp.canonical_attribute as a
    on a.attribute = d.attribute and a.party_type = p.party_type
