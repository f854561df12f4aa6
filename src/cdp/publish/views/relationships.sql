-- grain: one relationship between two profiles
with named as (
    select
        profile_id,
        full_name as name
    from gold.profile
    union all by name
    select
        account_id as profile_id,
        name
    from gold.account
)
select
    relationship.profile_id,
    relationship.other_id,
    relationship.kind,
    relationship.attributes,
    relationship.records,
    relationship.valid_from,
    relationship.valid_to,
    one.name,
    other.name as other_name
from gold.relationship as relationship
left join named as one
    on one.profile_id = relationship.profile_id
left join named as other
    on other.profile_id = relationship.other_id
