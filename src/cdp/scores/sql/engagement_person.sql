-- grain: what one person or visitor did of one type, with what it is worth at the moment
-- key: profile_id
-- reads: gold.profile, gold.interaction, gold.order
-- broadcast: step.engagement_weight
-- params: as_of
-- writes: step.engagement_raw
with event as (
    select
        profile_id,
        type as event,
        occurred_at
    from gold.interaction
    where occurred_at <= $as_of
    union all
    select
        profile_id,
        'order_placed' as event,
        ordered_at as occurred_at
    from gold.order
    where ordered_at <= $as_of
        and duplicate_of is null
        and (status <> 'cancelled' or coalesce(changed_at, ordered_at) > $as_of)
)

select
    e.profile_id,
    null::varchar as account_id,
    w.score,
    e.event,
    case w.compare_within
        when 'country' then p.country
        when 'region' then p.region
        when 'language' then p.language
    end as comparison,
    count(*) as times,
    max(e.occurred_at) as last_at,
    sum((
        w.points
        * pow(0.5, epoch($as_of::timestamp - e.occurred_at) / 86400 / w.half_life_days)
    )::decimal(18, 6)) as raw
from event as e
inner join gold.profile as p
    on p.profile_id = e.profile_id
inner join step.engagement_weight as w
    on w.event = e.event
where e.occurred_at > $as_of::timestamp - to_days(w.within_days::integer)
group by e.profile_id, w.score, e.event, comparison
