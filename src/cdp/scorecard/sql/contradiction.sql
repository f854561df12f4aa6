-- grain: one metric of profiles that may hold two people, or people in two profiles
-- key: global
-- reads: identity.assignment, identity.blocked_value, silver.attribute, silver.identifier
-- writes: step.scorecard_metric
with owner as (
    select
        record_id,
        profile_id
    from identity.assignment
    where live and entity_type = 'person'
),
stated as (
    select
        owner.profile_id as profile_id,
        attribute.record_id as record_id,
        attribute.attribute as attribute,
        lower(attribute.value) as value
    from silver.attribute as attribute
    inner join owner on attribute.record_id = owner.record_id
    where
        attribute.position = 0
        and attribute.attribute in ('birth_date', 'given_name', 'family_name')
),
birth_date as (
    select
        profile_id,
        count(distinct value) as dates
    from stated
    where attribute = 'birth_date'
    group by profile_id
),
national_id as (
    select
        owner.profile_id as profile_id,
        count(distinct identifier.value) as ids
    from silver.identifier as identifier
    inner join owner on identifier.record_id = owner.record_id
    where identifier.kind = 'national_id'
    group by owner.profile_id
),
contact as (
    select
        identifier.kind as kind,
        identifier.value as value,
        count(distinct owner.profile_id) as profiles
    from silver.identifier as identifier
    inner join owner on identifier.record_id = owner.record_id
    anti join identity.blocked_value as blocked
        on identifier.kind = blocked.kind and identifier.value = blocked.value
    where identifier.kind in ('email', 'phone')
    group by
        identifier.kind,
        identifier.value
),
person as (
    select
        record_id,
        any_value(profile_id) as profile_id,
        max(value) filter (where attribute = 'given_name') as given_name,
        max(value) filter (where attribute = 'family_name') as family_name,
        max(value) filter (where attribute = 'birth_date') as birth_date
    from stated
    group by record_id
),
named as (
    select
        given_name,
        family_name,
        birth_date,
        count(distinct profile_id) as profiles
    from person
    where given_name is not null and family_name is not null and birth_date is not null
    group by
        given_name,
        family_name,
        birth_date
),
counted as (
    select
        (select count(*) filter (where dates > 1) / nullif(count(*), 0) from birth_date)
            as two_birth_dates,
        (select count(*) filter (where ids > 1) / nullif(count(*), 0) from national_id)
            as two_national_ids,
        (select count(*) filter (where profiles > 1) / nullif(count(*), 0) from contact)
            as contact_in_several_profiles,
        (select count(*) filter (where profiles > 1) / nullif(count(*), 0) from named)
            as same_name_and_birth_date
)
unpivot counted on columns(*) into name metric value value
