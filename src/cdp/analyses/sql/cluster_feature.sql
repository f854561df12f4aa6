-- grain: one fact of one cluster
-- key: global
-- reads: temp.analysis_cluster_place
-- params: analysis, names
-- writes: gold.analysis_cluster_feature
with told as (
    select
        cluster,
        unnest($names::varchar[]) as feature,
        -- sums of decimals do not depend on their order
        unnest(given)::decimal(18, 4) as given,
        unnest(place)::decimal(9, 6) as place
    from temp.analysis_cluster_place
),

everybody as (
    select
        feature,
        avg(place) as middle,
        sqrt(greatest(avg(place * place) - avg(place) * avg(place), 0)) as spread
    from told
    group by feature
)

select
    $analysis::varchar as analysis,
    t.cluster,
    t.feature,
    avg(t.given) as mean,
    coalesce(
        (avg(t.place) - any_value(e.middle)) / nullif(any_value(e.spread), 0), 0
    ) as difference
from told as t
inner join everybody as e
    on e.feature = t.feature
group by
    t.cluster,
    t.feature
