-- grain: one of the three parts of one RFM score of one profile that ordered
-- key: profile_id
-- reads: gold.feature
-- broadcast: step.rfm_definition, step.rfm_cut
-- writes: step.score_point
with rated as (
    select
        f.profile_id,
        d.score,
        f.recency_days,
        f.orders,
        f.revenue,
        f.currency,
        d.recency,
        d.frequency,
        d.monetary,
        1 + len([c for c in k.recency_cuts if -f.recency_days > c]) as recency_quintile,
        1 + len([c for c in k.frequency_cuts if f.orders > c]) as frequency_quintile,
        1 + len([c for c in k.monetary_cuts if f.revenue > c]) as monetary_quintile
    from gold.feature as f
    inner join step.rfm_definition as d
        on d.entity_type = f.entity_type
    inner join step.rfm_cut as k
        on k.score = d.score
        and k.entity_type = d.entity_type
    where f.orders > 0
)

select
    profile_id,
    score,
    format('last order {} days ago, recency {} of 5', recency_days, recency_quintile) as because,
    (recency * recency_quintile)::decimal(18, 2) as points
from rated
union all
select
    profile_id,
    score,
    format('orders placed: {}, frequency {} of 5', orders, frequency_quintile) as because,
    (frequency * frequency_quintile)::decimal(18, 2) as points
from rated
union all
select
    profile_id,
    score,
    format(
        'spent {} {}, monetary {} of 5', revenue::varchar, currency, monetary_quintile
    ) as because,
    (monetary * monetary_quintile)::decimal(18, 2) as points
from rated
