-- grain: what one organisation did itself, or what its contacts did, with what it is worth
-- key: account_id
-- reads: gold.account, gold.interaction, gold.order, step.engagement_contact
-- broadcast: step.engagement_weight
-- params: as_of
-- writes: step.engagement_raw
with event as (
    select
        account_id,
        type as event,
        occurred_at
    from gold.interaction
    where profile_id is null
        and occurred_at <= $as_of
    union all
    select
        account_id,
        'order_placed' as event,
        ordered_at as occurred_at
    from gold.order
    where ordered_at <= $as_of
        and duplicate_of is null
        and (status <> 'cancelled' or coalesce(changed_at, ordered_at) > $as_of)
),

own as (
    select
        e.account_id,
        w.score,
        count(*) as times,
        max(e.occurred_at) as last_at,
        ln(1 + sum((
            w.points
            * pow(0.5, epoch($as_of::timestamp - e.occurred_at) / 86400 / w.half_life_days)
        )::decimal(18, 6)))::decimal(18, 6) as raw
    from event as e
    inner join step.engagement_weight as w
        on w.event = e.event
    where e.account_id is not null
        and e.occurred_at > $as_of::timestamp - to_days(w.within_days::integer)
    group by e.account_id, w.score
),

-- nobody counts more than all other contacts together, and one who is alone counts half
capped as (
    select
        account_id,
        score,
        last_at,
        least(
            worth,
            greatest(
                sum(worth) over (partition by account_id, score) - worth,
                worth / 2
            )
        )::decimal(18, 6) as raw
    from step.engagement_contact
),

worth as (
    select
        account_id,
        score,
        'own orders and reactions' as event,
        times,
        last_at,
        raw
    from own
    union all
    select
        account_id,
        score,
        'contacts' as event,
        count(*) as times,
        max(last_at) as last_at,
        sum(raw) as raw
    from capped
    group by account_id, score
),

compared as (
    select distinct
        score,
        compare_within
    from step.engagement_weight
)

select
    a.account_id as profile_id,
    a.account_id,
    w.score,
    w.event,
    case c.compare_within
        when 'country' then a.country
        when 'region' then a.region
        when 'language' then a.language
        when 'industry' then a.industry
    end as comparison,
    w.times,
    w.last_at,
    w.raw
from worth as w
inner join gold.account as a
    on a.account_id = w.account_id
inner join compared as c
    on c.score = w.score
