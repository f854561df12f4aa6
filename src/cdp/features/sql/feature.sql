-- grain: facts about one profile as of the moment
-- key: profile_id
-- reads: temp.feature_owner, temp.feature_order, temp.feature_cart, temp.feature_interaction
-- broadcast: temp.feature_rate
-- params: as_of, currency
-- writes: gold.feature
-- One statement: nothing on the way is written. The moment is cast, or each row would be (to a time
-- with zone).
with purchase as (
    select
        o.profile_id,
        o.ordered_at,
        o.ordered_at > $as_of::timestamp - interval 365 days as is_recent,
        (o.amount * r.rate)::decimal(18, 2) as amount,
        -- what came back brought nothing from the day it came back
        case
            when o.returned_at <= $as_of::timestamp then 0
            else (o.amount * r.rate)::decimal(18, 2)
        end as earned
    from temp.feature_order as o
    left join temp.feature_rate as r
        on r.currency = o.currency
    where o.ordered_at <= $as_of::timestamp
        -- a status that was set after the moment is not known yet
        and (o.cancelled_at is null or o.cancelled_at > $as_of::timestamp)
),

bought as (
    select
        profile_id,
        count(*) as orders,
        count(*) filter (where is_recent) as orders_365d,
        coalesce(sum(earned), 0)::decimal(18, 2) as revenue,
        coalesce(sum(earned) filter (where is_recent), 0)::decimal(18, 2) as revenue_365d,
        (sum(amount) / count(amount))::decimal(18, 2) as average_basket,
        min(ordered_at) as first_order_at,
        max(ordered_at) as last_order_at
    from purchase
    group by profile_id
),

open_cart as (
    select
        profile_id,
        count(*) as open_carts
    from temp.feature_cart
    where created_at <= $as_of::timestamp
        and created_at > $as_of::timestamp - interval 30 days
        -- a recovery after the moment is not known yet
        and (recovered_at is null or recovered_at > $as_of::timestamp)
    group by profile_id
),

reaction as not materialized (
    select
        profile_id,
        occurred_at,
        channel,
        type,
        subject
    from temp.feature_interaction
    where occurred_at <= $as_of::timestamp
        -- what we sent is no reaction to it
        and type <> 'email_sent'
),

aged as (
    select
        profile_id,
        type,
        occurred_at,
        occurred_at > $as_of::timestamp - interval 30 days as in_30d,
        occurred_at > $as_of::timestamp - interval 90 days as in_90d
    from reaction
),

engaged as (
    select
        profile_id,
        count(*) filter (where in_30d) as interactions_30d,
        count(*) filter (where in_90d) as interactions_90d,
        count(*) filter (where in_90d and type = 'email_opened') as emails_opened_90d,
        count(*) filter (where in_90d and type = 'email_clicked') as emails_clicked_90d,
        count(*) filter (where in_30d and type in ('page_viewed', 'product_viewed')) as web_views_30d,
        max(occurred_at) as last_interaction_at
    from aged
    group by profile_id
),

channel_count as (
    select
        profile_id,
        channel,
        count(*) as times
    from reaction
    where occurred_at > $as_of::timestamp - interval 180 days
    group by profile_id, channel
),

subject_count as (
    select
        profile_id,
        subject,
        count(*) as times
    from reaction
    where occurred_at > $as_of::timestamp - interval 180 days
        and subject is not null
    group by profile_id, subject
),

-- of those with as many the first in the alphabet
favourite_channel as (
    select
        profile_id,
        arg_min(channel, (-times, channel)) as preferred_channel
    from channel_count
    group by profile_id
),

favourite_subject as (
    select
        profile_id,
        arg_min(subject, (-times, subject)) as top_interest
    from subject_count
    group by profile_id
),

preferred as (
    select
        c.profile_id,
        c.preferred_channel,
        s.top_interest
    from favourite_channel as c
    left join favourite_subject as s
        on s.profile_id = c.profile_id
)

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
left join bought as b
    on b.profile_id = o.profile_id
left join open_cart as c
    on c.profile_id = o.profile_id
left join engaged as e
    on e.profile_id = o.profile_id
left join preferred as p
    on p.profile_id = o.profile_id
