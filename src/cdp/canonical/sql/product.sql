-- grain: one product of one source
-- key: global
-- reads: step.canonical_offer
-- writes: silver.product
-- A mere projection of what step holds by the key of the product.
select
    record_id as product_id,
    source,
    name,
    category,
    price,
    currency
from step.canonical_offer
