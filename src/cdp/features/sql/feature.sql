-- grain: facts about one profile as of the moment
-- key: profile_id
-- reads: temp.feature_owner, temp.feature_purchase, temp.feature_open_cart, temp.feature_engagement, temp.feature_preference
-- params: as_of, currency
-- writes: gold.feature
select
    o.profile_id,
    o.entity_type,
    $as_of::timestamp as as_of,
    $currency::varchar as currency,
    coalesce(b.orders, 0) as orders,
    coalesce(b.orders_365d, 0) as orders_365d,
    coalesce(b.revenue, 0)::decimal(18, 2) as revenue,
    coalesce(b.revenue_365d, 0)::decimal(18, 2) as revenue_365d,
    b.average_basket,
    b.first_order_at,
    b.last_order_at,
    date_sub('day', b.last_order_at, $as_of::timestamp)::integer as recency_days,
    date_sub('day', b.first_order_at, $as_of::timestamp)::integer as tenure_days,
    coalesce(c.open_carts, 0) as open_carts,
    coalesce(e.interactions_30d, 0) as interactions_30d,
    coalesce(e.interactions_90d, 0) as interactions_90d,
    coalesce(e.emails_opened_90d, 0) as emails_opened_90d,
    coalesce(e.emails_clicked_90d, 0) as emails_clicked_90d,
    coalesce(e.web_views_30d, 0) as web_views_30d,
    e.last_interaction_at,
    p.preferred_channel,
    p.top_interest
from temp.feature_owner as o
left join temp.feature_purchase as b
    on b.profile_id = o.profile_id
left join temp.feature_open_cart as c
    on c.profile_id = o.profile_id
left join temp.feature_engagement as e
    on e.profile_id = o.profile_id
left join temp.feature_preference as p
    on p.profile_id = o.profile_id
