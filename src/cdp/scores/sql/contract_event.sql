-- grain: one event of one party by the moment that contracts are judged by: anything it did or bought
-- key: profile_id
-- reads: gold.interaction, gold.order, gold.feature
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
        profile_id,
        ordered_at::date as day,
        'order_placed' as type,
        amount
    from gold.order
    where ordered_at <= $as_of
        and duplicate_of is null
        -- a status that was set after the moment is not known yet
        and (status <> 'cancelled' or coalesce(changed_at, ordered_at) > $as_of)
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
