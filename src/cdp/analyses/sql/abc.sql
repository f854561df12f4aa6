-- grain: one customer of one ABC analysis
-- key: global
-- reads: temp.analysis_purchase
-- params: analysis, as_of, days, kinds, a, b
-- writes: gold.analysis_abc
with revenue as (
    select
        profile_id,
        sum(amount)::decimal(18, 2) as revenue
    from temp.analysis_purchase
    where list_contains($kinds, entity_type)
        and happened_at > $as_of::timestamp - to_days($days::integer)
    group by profile_id
    having sum(amount) > 0
),

summed as (
    select
        profile_id,
        revenue,
        row_number() over by_revenue as place,
        sum(revenue) over by_revenue as so_far,
        sum(revenue) over () as total
    from revenue
    -- equal revenues stand in the order of their ids: one row a step, and the same every time
    window by_revenue as (
        order by revenue desc, profile_id rows between unbounded preceding and current row
    )
)

select
    $analysis::varchar as analysis,
    profile_id,
    place,
    revenue,
    revenue::double / total::double as share,
    so_far::double / total::double as cumulative_share,
    -- who crosses a limit still belongs to the class that needs them to reach it
    case
        when so_far - revenue < total::decimal(28, 2) * $a::decimal(6, 4) then 'A'
        when so_far - revenue < total::decimal(28, 2) * $b::decimal(6, 4) then 'B'
        else 'C'
    end as class
from summed
