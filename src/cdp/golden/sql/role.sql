-- grain: one role of one person, organisation or group
-- key: profile_id
-- reads: step.linked_role
-- writes: gold.role
with stated as (
    select
        profile_id,
        role,
        scope,
        record_id,
        trust,
        seen_at,
        attributes,
        unnest(json_keys(attributes)) as name
    from step.linked_role
    where attributes::varchar <> '{}'
),
best as (
    select
        profile_id,
        role,
        scope,
        name,
        arg_max(
            json_extract(attributes, concat('$."', name, '"'))::varchar,
            (trust, seen_at, record_id)
        ) as value
    from stated
    group by profile_id, role, scope, name
),
gathered as (
    select
        profile_id,
        role,
        scope,
        concat(
            '{',
            string_agg(concat(to_json(name)::varchar, ':', value), ',' order by name),
            '}'
        )::json as attributes
    from best
    group by profile_id, role, scope
),
together as (
    select
        profile_id,
        role,
        scope,
        max(entity_type) as entity_type,
        list_sort(list(record_id)) as records,
        min(valid_from) as valid_from,
        case when bool_and(valid_to is not null) then max(valid_to) end as valid_to
    from step.linked_role
    group by profile_id, role, scope
)

select
    t.profile_id,
    t.entity_type,
    t.role,
    t.scope,
    coalesce(g.attributes, '{}'::json) as attributes,
    t.records,
    t.valid_from,
    t.valid_to
from together as t
left join gathered as g
    on g.profile_id = t.profile_id and g.role = t.role and g.scope = t.scope
