-- grain: one currency that orders are in, and how many
-- key: global
-- reads: step.feature_order
-- writes: step.feature_currency
select
    currency,
    count(distinct order_id) as orders
from step.feature_order
group by currency
