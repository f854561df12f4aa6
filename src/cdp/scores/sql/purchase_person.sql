-- grain: what one person or visitor bought, or gave back, on one day, in one currency
-- key: profile_id
-- reads: gold.order, gold.feature
-- params: as_of
-- writes: step.score_purchase
with bought as (
    select
        profile_id,
        ordered_at::date as day,
        currency,
        amount
    from gold.order
    where ordered_at <= $as_of
        and duplicate_of is null
        -- a status that was set after the moment is not known yet
        and (status <> 'cancelled' or coalesce(changed_at, ordered_at) > $as_of)
    union all
    -- what came back lowers what was spent from its own day on
    select
        profile_id,
        coalesce(changed_at, ordered_at)::date as day,
        currency,
        -amount as amount
    from gold.order
    where ordered_at <= $as_of
        and duplicate_of is null
        and status = 'returned'
        and coalesce(changed_at, ordered_at) <= $as_of
)

select
    b.profile_id,
    null::varchar as account_id,
    f.entity_type,
    b.day,
    b.currency,
    b.amount >= 0 as is_purchase,
    sum(b.amount)::decimal(18, 2) as amount
from bought as b
inner join gold.feature as f
    on f.profile_id = b.profile_id
group by b.profile_id, f.entity_type, b.day, b.currency, is_purchase
