-- grain: one cell of one RFM grid that has customers
-- key: global
-- reads: temp.analysis_purchase
-- params: analysis, as_of, days, kinds
-- writes: gold.analysis_rfm
with customer as (
    select
        profile_id,
        date_sub(
            'day', max(happened_at) filter (where is_order), $as_of::timestamp
        )::integer as recency_days,
        count(*) filter (where is_order) as orders,
        coalesce(
            sum(amount) filter (
                where happened_at > $as_of::timestamp - to_days($days::integer)
            ),
            0
        )::decimal(18, 2) as revenue
    from temp.analysis_purchase
    where list_contains($kinds, entity_type)
    group by profile_id
    having count(*) filter (where is_order) > 0
),

-- cut at values, not at ranks: equal customers always stand in the same cell
cut as (
    select
        quantile_disc(-recency_days, [0.2, 0.4, 0.6, 0.8]) as recency_cuts,
        quantile_disc(orders, [0.2, 0.4, 0.6, 0.8]) as frequency_cuts,
        quantile_disc(revenue, [0.2, 0.4, 0.6, 0.8]) as monetary_cuts
    from customer
),

rated as (
    select
        c.recency_days,
        c.orders,
        c.revenue,
        (1 + len([k for k in cut.recency_cuts if -c.recency_days > k]))::integer as recency,
        (1 + len([k for k in cut.frequency_cuts if c.orders > k]))::integer as frequency,
        (1 + len([k for k in cut.monetary_cuts if c.revenue > k]))::integer as monetary
    from customer as c
    cross join cut
)

select
    $analysis::varchar as analysis,
    recency,
    frequency,
    monetary,
    case
        when recency = 5 and frequency >= 4 then 'champions'
        when recency >= 3 and frequency >= 4 then 'loyal'
        when recency >= 4 and frequency >= 2 then 'potential loyalists'
        when recency = 5 then 'new'
        when recency = 4 then 'promising'
        when recency = 3 and frequency = 3 then 'need attention'
        when recency = 3 then 'about to sleep'
        when frequency = 5 then 'cannot lose them'
        when frequency >= 3 then 'at risk'
        else 'hibernating'
    end as segment,
    count(*) as customers,
    sum(revenue)::decimal(18, 2) as revenue,
    avg(recency_days)::decimal(18, 1) as average_recency_days,
    avg(orders)::decimal(18, 2) as average_orders,
    (sum(revenue) / count(*))::decimal(18, 2) as average_revenue
from rated
group by recency, frequency, monetary
