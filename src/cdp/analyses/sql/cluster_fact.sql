-- grain: one customer, with what clusters may look at
-- key: profile_id
-- reads: gold.feature
-- params: kinds
-- writes: temp.analysis_cluster_fact
select
    profile_id,
    -- in the order of FEATURES; what came back may have cost more than the year brought
    [
        recency_days,
        orders,
        average_basket,
        tenure_days,
        greatest(revenue_365d, 0),
        interactions_90d,
        emails_clicked_90d,
        web_views_30d
    ]::double[] as known
from gold.feature
where list_contains($kinds, entity_type)
    and orders > 0
