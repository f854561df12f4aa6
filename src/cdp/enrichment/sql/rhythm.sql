-- grain: the weekday, or the hour, at which one person or visitor is active
-- key: profile_id
-- reads: step.action, step.enriched_party, gold.enrichment
-- writes: gold.enrichment
with zoned as (
    select
        p.profile_id,
        p.entity_type,
        coalesce(e.value, 'UTC') as time_zone
    from step.enriched_party as p
    left join gold.enrichment as e on e.profile_id = p.profile_id and e.attribute = 'time_zone'
),

local as (
    select
        z.profile_id,
        z.entity_type,
        z.time_zone,
        timezone(z.time_zone, a.happened_at at time zone 'UTC') as happened_at
    from step.action as a
    inner join zoned as z on z.profile_id = a.profile_id
),

told as (
    select
        profile_id,
        entity_type,
        time_zone,
        'preferred_weekday' as attribute,
        isodow(happened_at) as moment
    from local
    union all
    select
        profile_id,
        entity_type,
        time_zone,
        'preferred_hour' as attribute,
        hour(happened_at) as moment
    from local
),

times as (
    select
        profile_id,
        entity_type,
        time_zone,
        attribute,
        moment,
        count(*) as actions,
        sum(count(*)) over (partition by profile_id, attribute) as every
    from told
    group by profile_id, entity_type, time_zone, attribute, moment
)

select
    profile_id,
    entity_type,
    attribute,
    moment::varchar as value,
    ((actions + 1) / (every + 2))::double as confidence,
    'behaviour' as method,
    to_json({'time_zone': time_zone, 'actions': actions, 'of': every::bigint}) as evidence
from times
where every >= 5
qualify row_number() over (
    partition by profile_id, attribute
    order by actions desc, moment
) = 1
