-- grain: one event of one party by the moment that contracts are judged by: anything it did or bought
-- key: profile_id
-- reads: gold.interaction, gold.order, gold.feature
-- broadcast: step.score_rate
-- params: as_of
-- writes: step.contract_event
with event as (
    select
        profile_id,
        occurred_at::date as day,
        type,
        0::decimal(18, 2) as amount
    from gold.interaction
    where occurred_at <= $as_of
    union all
    select
        o.profile_id,
        o.ordered_at::date as day,
        'order_placed' as type,
        -- an amount in a currency without a rate is unknown
        coalesce(o.amount * r.rate, 0)::decimal(18, 2) as amount
    from gold.order as o
    left join step.score_rate as r
        on r.currency = o.currency
    where o.ordered_at <= $as_of
        and o.duplicate_of is null
        -- a status that was set after the moment is not known yet
        and (o.status <> 'cancelled' or coalesce(o.changed_at, o.ordered_at) > $as_of)
)

select
    e.profile_id,
    f.entity_type,
    e.day,
    e.type,
    count(*) as times,
    sum(e.amount)::double as amount
from event as e
inner join gold.feature as f
    on f.profile_id = e.profile_id
group by e.profile_id, f.entity_type, e.day, e.type
