-- grain: what one profile bought up to the moment
-- key: profile_id
-- reads: temp.feature_order
-- broadcast: temp.feature_rate
-- params: as_of
-- writes: temp.feature_purchase
with purchase as (
    select
        o.profile_id,
        o.ordered_at,
        o.ordered_at > $as_of::timestamp - interval 365 days as is_recent,
        (o.amount * r.rate)::decimal(18, 2) as amount
    from temp.feature_order as o
    left join temp.feature_rate as r
        on r.currency = o.currency
    where o.ordered_at <= $as_of
        -- a status that was set after the moment is not known yet
        and (o.cancelled_at is null or o.cancelled_at > $as_of)
)

select
    profile_id,
    count(*) as orders,
    count(*) filter (where is_recent) as orders_365d,
    coalesce(sum(amount), 0)::decimal(18, 2) as revenue,
    coalesce(sum(amount) filter (where is_recent), 0)::decimal(18, 2) as revenue_365d,
    (sum(amount) / count(amount))::decimal(18, 2) as average_basket,
    min(ordered_at) as first_order_at,
    max(ordered_at) as last_order_at
from purchase
group by profile_id
