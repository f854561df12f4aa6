-- grain: the weekday, or the hour, at which one person or visitor is active
-- key: profile_id
-- reads: step.action, step.enriched_party, gold.enrichment
-- writes: gold.enrichment
with busy as (
    -- whoever did less has no habit that could be told
    select
        profile_id,
        count(*) as every
    from step.action
    group by profile_id
    having count(*) >= 5
),

zoned as (
    select
        p.profile_id,
        p.entity_type,
        coalesce(e.value, 'UTC') as time_zone,
        b.every
    from busy as b
    inner join step.enriched_party as p on p.profile_id = b.profile_id
    left join gold.enrichment as e on e.profile_id = p.profile_id and e.attribute = 'time_zone'
),

local as materialized (
    select
        z.profile_id,
        timezone(z.time_zone, a.happened_at at time zone 'UTC') as happened_at
    from step.action as a
    inner join zoned as z on z.profile_id = a.profile_id
),

told as (
    select
        profile_id,
        'preferred_weekday' as attribute,
        isodow(happened_at) as moment,
        count(*) as actions
    from local
    group by profile_id, isodow(happened_at)
    union all
    select
        profile_id,
        'preferred_hour' as attribute,
        hour(happened_at) as moment,
        count(*) as actions
    from local
    group by profile_id, hour(happened_at)
),

preferred as (
    select
        profile_id,
        attribute,
        moment,
        actions
    from told
    qualify row_number() over (
        partition by profile_id, attribute
        order by actions desc, moment
    ) = 1
)

select
    z.profile_id,
    z.entity_type,
    t.attribute,
    t.moment::varchar as value,
    ((t.actions + 1) / (z.every + 2))::double as confidence,
    'behaviour' as method,
    to_json({'time_zone': z.time_zone, 'actions': t.actions, 'of': z.every}) as evidence
from preferred as t
inner join zoned as z on z.profile_id = t.profile_id
