-- grain: one event of one organisation that one rule counts, with what it is worth at the moment
-- key: account_id
-- reads: gold.interaction, gold.order
-- broadcast: step.rule
-- params: as_of
-- writes: step.rule_event
with event as (
    select
        account_id,
        type as event,
        channel,
        campaign,
        subject,
        occurred_at
    from gold.interaction
    where occurred_at <= $as_of
    union all
    select
        account_id,
        'order_placed' as event,
        channel,
        null::varchar as campaign,
        null::varchar as subject,
        ordered_at as occurred_at
    from gold.order
    where ordered_at <= $as_of
        and duplicate_of is null
        and (status <> 'cancelled' or coalesce(changed_at, ordered_at) > $as_of)
)

select
    e.account_id,
    e.account_id as profile_id,
    r.score,
    r.rule,
    e.occurred_at,
    (
        r.points
        * pow(0.5, epoch($as_of::timestamp - e.occurred_at) / 86400 / r.half_life_days)
    )::decimal(18, 6) as points
from event as e
inner join step.rule as r
    on r.event = e.event
    and (r.channel is null or r.channel = e.channel)
    and (r.campaign is null or r.campaign = e.campaign)
    and (r.subject is null or contains(lower(e.subject), r.subject))
where e.account_id is not null
    and e.occurred_at > $as_of::timestamp - to_days(r.within_days::integer)
