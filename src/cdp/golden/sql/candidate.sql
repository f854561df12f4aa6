-- grain: one value of one attribute of one source record, with its profile
-- key: record_id
-- reads: silver.attribute, silver.identifier, silver.record, gold.source_record
-- broadcast: identity.blocked_value
-- writes: temp.candidate
with several as (
    -- a record with more than one value of an attribute has one behind its first
    select distinct
        record_id,
        attribute
    from silver.attribute
    where position > 0
),

named as (
    -- a record that gives a name only in parts still gives a whole name
    select
        record_id,
        arg_min(value, position) filter (attribute = 'given_name') as given_name,
        arg_min(value, position) filter (attribute = 'middle_name') as middle_name,
        arg_min(value, position) filter (attribute = 'family_name') as family_name,
        max(seen_at) as seen_at,
        bool_and(verified) as verified
    from silver.attribute
    where attribute in ('given_name', 'middle_name', 'family_name', 'full_name')
    group by record_id
    having count(*) filter (attribute = 'full_name') = 0
),

value as (
    select
        a.record_id,
        a.attribute,
        a.value,
        a.position,
        a.seen_at,
        a.verified
    from silver.attribute as a
    anti join several as s on s.record_id = a.record_id and s.attribute = a.attribute
    union all
    -- a record gives a value once
    select
        a.record_id,
        a.attribute,
        a.value,
        min(a.position) as position,
        max(a.seen_at) as seen_at,
        bool_or(a.verified) as verified
    from silver.attribute as a
    semi join several as s on s.record_id = a.record_id and s.attribute = a.attribute
    group by a.record_id, a.attribute, a.value
    union all
    select
        record_id,
        'full_name' as attribute,
        concat_ws(' ', given_name, middle_name, family_name) as value,
        0 as position,
        seen_at,
        verified
    from named
    where given_name is not null and family_name is not null
    union all
    -- a value that is evidence of nothing is no golden value either
    select
        i.record_id,
        i.kind as attribute,
        i.value,
        i.position,
        i.seen_at,
        i.verified
    from silver.identifier as i
    anti join identity.blocked_value as b on b.kind = i.kind and b.value = i.value
    where i.kind in ('email', 'phone', 'tax_id')
    union all
    select
        record_id,
        'status' as attribute,
        status as value,
        0 as position,
        coalesce(changed_at, created_at, received_at) as seen_at,
        false as verified
    from silver.record
    where status is not null
    union all
    select
        record_id,
        'region' as attribute,
        region as value,
        0 as position,
        coalesce(changed_at, created_at, received_at) as seen_at,
        false as verified
    from silver.record
    where region is not null
)

select
    v.record_id,
    s.profile_id,
    s.entity_type,
    s.source,
    s.trust_tier,
    v.attribute,
    v.value,
    v.position,
    v.seen_at,
    v.verified
from value as v
inner join gold.source_record as s on s.record_id = v.record_id
