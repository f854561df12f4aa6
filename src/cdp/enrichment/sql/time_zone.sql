-- grain: one conclusion on the time zone of one party
-- key: profile_id
-- reads: step.enriched_party, gold.identifier, gold.enrichment
-- broadcast: step.phone_place, step.country_place
-- writes: gold.enrichment
with placed as (
    select
        p.profile_id,
        p.entity_type,
        coalesce(p.country, e.value) as country,
        case when p.country is null then e.confidence * 0.9 else 0.9 end as confidence
    from step.enriched_party as p
    left join gold.enrichment as e on e.profile_id = p.profile_id and e.attribute = 'country'
),

clue as (
    -- the number of an area of the country that the party lives in is surer than the country
    select
        s.profile_id,
        s.entity_type,
        f.time_zone,
        'phone' as method,
        case when s.country is distinct from f.country then 0.5 else 0.92 end as confidence,
        i.seen_at,
        i.value
    from placed as s
    inner join gold.identifier as i
        on i.profile_id = s.profile_id and i.kind = 'phone' and not i.blocked
    inner join step.phone_place as f on f.prefix = left(i.value, 8)
    where f.time_zone is not null
    union all
    select
        s.profile_id,
        s.entity_type,
        c.time_zone,
        'country' as method,
        s.confidence,
        null as seen_at,
        s.country as value
    from placed as s
    inner join step.country_place as c on c.country = s.country
    where c.time_zone is not null
),

surest as (
    select
        profile_id,
        entity_type,
        time_zone,
        method,
        confidence,
        value
    from clue
    qualify row_number() over (
        partition by profile_id
        order by confidence desc, seen_at desc, value, time_zone
    ) = 1
)

select
    profile_id,
    entity_type,
    'time_zone' as attribute,
    time_zone as value,
    confidence::double as confidence,
    method,
    case
        when method = 'phone' then to_json({'prefix': left(value, 6)})
        else to_json({'country': value})
    end as evidence
from surest
