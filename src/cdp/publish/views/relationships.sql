-- grain: one relationship of two profiles, seen from one of them
with named as (
    select
        profile_id,
        profile_type as type,
        full_name as name
    from gold.profile
    union all by name
    select
        account_id as profile_id,
        account_type as type,
        name
    from gold.account
),
end_of as (
    select
        profile_id,
        other_id,
        kind,
        attributes,
        records,
        valid_from,
        valid_to,
        'from' as direction
    from gold.relationship
    union all by name
    select
        other_id as profile_id,
        profile_id as other_id,
        kind,
        attributes,
        records,
        valid_from,
        valid_to,
        'to' as direction
    from gold.relationship
)
select
    end_of.profile_id,
    end_of.other_id,
    end_of.kind,
    other.type as other_type,
    end_of.attributes,
    end_of.records,
    end_of.valid_from,
    end_of.valid_to,
    end_of.direction,
    one.name,
    other.name as other_name
from end_of
left join named as one
    on one.profile_id = end_of.profile_id
left join named as other
    on other.profile_id = end_of.other_id
