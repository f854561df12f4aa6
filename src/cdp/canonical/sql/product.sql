-- grain: one product of one source
-- key: global
-- reads: step.canonical_event
-- writes: silver.product
-- A mere projection of what step holds by the key of the product.
select
    record_id as product_id,
    source,
    fields['name'] as name,
    fields['category'] as category,
    fields['price']::decimal(18, 2) as price,
    fields['currency'] as currency
from step.canonical_event
where kind = 'product'
