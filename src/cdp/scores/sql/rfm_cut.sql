-- grain: one score and entity type: the values at which its quintiles end
-- key: global
-- reads: gold.feature
-- broadcast: step.rfm_definition
-- writes: step.rfm_cut
select
    d.score,
    d.entity_type,
    quantile_disc(-f.recency_days, [0.2, 0.4, 0.6, 0.8]) as recency_cuts,
    quantile_disc(f.orders, [0.2, 0.4, 0.6, 0.8]) as frequency_cuts,
    quantile_disc(f.revenue, [0.2, 0.4, 0.6, 0.8]) as monetary_cuts
from gold.feature as f
inner join step.rfm_definition as d
    on d.entity_type = f.entity_type
where f.orders > 0
group by d.score, d.entity_type
