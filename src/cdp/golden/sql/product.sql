-- grain: one product of one source
-- key: global
-- reads: silver.product
-- writes: gold.product
select
    product_id,
    source,
    name,
    category,
    price,
    currency
from silver.product
