-- grain: the channel that one person or visitor turns to
-- key: profile_id
-- reads: step.action, step.enriched_party
-- params: as_of
-- writes: gold.enrichment
with times as (
    select
        profile_id,
        channel,
        count(*) as actions,
        sum(count(*)) over (partition by profile_id) as every
    from step.action
    where happened_at > $as_of::timestamp - interval 180 days
    group by profile_id, channel
)

select
    t.profile_id,
    p.entity_type,
    'preferred_channel' as attribute,
    t.channel as value,
    -- a few actions say less than many: Laplace's rule
    ((t.actions + 1) / (t.every + 2))::double as confidence,
    'behaviour' as method,
    to_json({'actions': t.actions, 'of': t.every::bigint}) as evidence
from times as t
inner join step.enriched_party as p on p.profile_id = t.profile_id
where t.every >= 3
qualify row_number() over (
    partition by t.profile_id
    order by t.actions desc, t.channel
) = 1
