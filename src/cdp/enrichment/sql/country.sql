-- grain: one conclusion on the country of one party
-- key: profile_id
-- reads: step.enriched_party, gold.identifier
-- broadcast: step.phone_place, step.country_place
-- writes: gold.enrichment
with silent as (
    select
        profile_id,
        entity_type,
        postcode
    from step.enriched_party
    where country is null
),

clue as (
    select
        s.profile_id,
        s.entity_type,
        f.country,
        'phone' as method,
        0.85 as confidence,
        to_json({'prefix': left(i.value, 6)}) as evidence,
        i.seen_at,
        i.value
    from silent as s
    inner join gold.identifier as i
        on i.profile_id = s.profile_id and i.kind = 'phone' and not i.blocked
    inner join step.phone_place as f on f.prefix = left(i.value, 8)
    where f.country is not null
    union all
    select
        profile_id,
        entity_type,
        case
            when regexp_full_match(postcode, '[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][A-Z]{2}') then 'GB'
            when regexp_full_match(postcode, '[1-9][0-9]{3} ?[A-Z]{2}') then 'NL'
            when regexp_full_match(postcode, '[A-Z][0-9][A-Z] ?[0-9][A-Z][0-9]') then 'CA'
            when regexp_full_match(postcode, '[0-9]{2}-[0-9]{3}') then 'PL'
            when regexp_full_match(postcode, '[0-9]{4}-[0-9]{3}') then 'PT'
            when regexp_full_match(postcode, '[0-9]{5}-[0-9]{3}') then 'BR'
            when regexp_full_match(postcode, '[0-9]{3}-[0-9]{4}') then 'JP'
            when regexp_full_match(postcode, '[0-9]{5}-[0-9]{4}') then 'US'
        end as country,
        'postcode' as method,
        0.8 as confidence,
        to_json({'postcode': postcode}) as evidence,
        null as seen_at,
        postcode as value
    from silent
    union all
    select
        s.profile_id,
        s.entity_type,
        c.country,
        'email_domain' as method,
        0.5 as confidence,
        to_json({'domain': split_part(i.value, '@', 2)}) as evidence,
        i.seen_at,
        i.value
    from silent as s
    inner join gold.identifier as i
        on i.profile_id = s.profile_id and i.kind = 'email' and not i.blocked
    inner join step.country_place as c
        on c.country = case upper(split_part(i.value, '.', -1))
            when 'UK' then 'GB' else upper(split_part(i.value, '.', -1))
        end
    -- domains of these countries are used for their letters
    where c.country not in ('IO', 'AI', 'TV', 'ME', 'CO', 'CC', 'FM', 'LY', 'TO', 'WS', 'GG')
)

select
    profile_id,
    entity_type,
    'country' as attribute,
    country as value,
    confidence::double as confidence,
    method,
    evidence
from clue
where country is not null
qualify row_number() over (
    partition by profile_id
    order by confidence desc, seen_at desc, value, country
) = 1
