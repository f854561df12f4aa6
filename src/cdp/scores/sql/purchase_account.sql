-- grain: what one organisation bought, or gave back, on one day, in one currency
-- key: account_id
-- reads: gold.order, gold.account
-- params: as_of
-- writes: step.score_purchase
with bought as (
    select
        account_id,
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
        account_id,
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
    b.account_id as profile_id,
    b.account_id,
    a.account_type as entity_type,
    b.day,
    b.currency,
    b.amount >= 0 as is_purchase,
    sum(b.amount)::decimal(18, 2) as amount
from bought as b
inner join gold.account as a
    on a.account_id = b.account_id
group by b.account_id, a.account_type, b.day, b.currency, is_purchase
