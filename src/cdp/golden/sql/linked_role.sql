-- grain: one role that one source record plays, with its profile
-- key: record_id
-- reads: silver.party_role, silver.attribute, gold.source_record
-- writes: step.linked_role
-- A role that a record states as an attribute is one without attributes of its own.
with played as (
    select
        record_id,
        role,
        scope,
        attributes,
        valid_from,
        valid_to,
        seen_at
    from silver.party_role
    union all by name
    select
        a.record_id,
        a.value as role,
        'any' as scope,
        '{}'::json as attributes,
        a.seen_at
    from silver.attribute as a
    anti join silver.party_role as p
        on p.record_id = a.record_id and p.role = a.value and p.scope = 'any'
    where a.attribute = 'role'
)

select
    p.record_id,
    s.profile_id,
    s.entity_type,
    p.role,
    p.scope,
    p.attributes,
    p.valid_from,
    p.valid_to,
    p.seen_at,
    list_position(['observed', 'declared', 'master_data'], s.trust_tier) as trust
from played as p
inner join gold.source_record as s on s.record_id = p.record_id
