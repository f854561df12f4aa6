-- grain: the permission in force for one contact point, channel, purpose and category
-- key: profile_id
-- reads: step.consent_ruling, gold.identifier, gold.attribute
-- broadcast: step.consent_default
-- writes: gold.consent
with point as (
    select
        profile_id,
        kind as contact_kind,
        value as contact_value
    from gold.identifier
    where kind in ('email', 'phone') and not blocked
    union all
    select
        profile_id,
        'post' as contact_kind,
        '*' as contact_value
    from gold.attribute
    where attribute = 'address'
),

assumed as (
    -- where nothing was said and the purpose needs no opt-in
    select
        p.profile_id,
        p.contact_kind,
        p.contact_value,
        d.channel,
        d.purpose
    from point as p
    inner join step.consent_default as d on d.contact_kind = p.contact_kind
    anti join step.consent_ruling as r
        on r.profile_id = p.profile_id
        and r.contact_kind = p.contact_kind
        and r.contact_value = p.contact_value
        and r.channel = d.channel
        and r.purpose = d.purpose
        and r.category = 'any'
),

permission as (
    select
        profile_id,
        contact_kind,
        contact_value,
        channel,
        purpose,
        category,
        state,
        rule,
        consent_id,
        source,
        given_at,
        proof,
        losers
    from step.consent_ruling
    union all
    select
        profile_id,
        contact_kind,
        contact_value,
        channel,
        purpose,
        'any' as category,
        'granted' as state,
        'default' as rule,
        null as consent_id,
        null as source,
        null as given_at,
        null as proof,
        '[]'::json as losers
    from assumed
)

select
    p.profile_id,
    p.contact_kind,
    p.contact_value,
    p.channel,
    p.purpose,
    p.category,
    p.state,
    p.rule,
    p.consent_id,
    p.source,
    p.given_at,
    p.proof,
    a.value is not null or (p.contact_kind = 'post' and p.contact_value = '*') as best,
    p.losers
from permission as p
left join gold.attribute as a
    on a.profile_id = p.profile_id
    and a.attribute = p.contact_kind
    and a.value = p.contact_value
