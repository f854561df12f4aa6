-- grain: one order of one organisation, or what came back of one, by the moment
-- key: account_id
-- reads: gold.order, gold.account
-- broadcast: temp.analysis_rate
-- params: as_of
-- writes: temp.analysis_purchase
with bought as (
    select
        account_id,
        order_id,
        ordered_at as happened_at,
        currency,
        amount
    from gold.order
    where ordered_at <= $as_of
        and duplicate_of is null
        -- a status that was set after the moment is not known yet
        and (status <> 'cancelled' or coalesce(changed_at, ordered_at) > $as_of)
    union all
    -- what came back lowers what was spent from its own moment on
    select
        account_id,
        order_id,
        coalesce(changed_at, ordered_at) as happened_at,
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
    b.order_id,
    b.happened_at,
    b.amount >= 0 as is_order,
    (b.amount * r.rate)::decimal(18, 2) as amount
from bought as b
inner join gold.account as a
    on a.account_id = b.account_id
left join temp.analysis_rate as r
    on r.currency = b.currency
