-- grain: one product of one source
-- key: record_id
-- reads: step.canonical_good
-- writes: silver.product
-- Several records may describe a product, as lines of orders do; the latest counts.
with described as (
    select
        record_id,
        source,
        seq,
        slot,
        item,
        seen_at,
        max(value) filter (where field = 'name') as name,
        max(value) filter (where field = 'category') as category,
        max(value) filter (where field = 'price')::decimal(18, 2) as price,
        max(value) filter (where field = 'currency') as currency
    from step.canonical_good
    where kind = 'product'
    group by record_id, source, seq, slot, item, seen_at
)
select
    record_id as product_id,
    source,
    name,
    category,
    price,
    currency
from described
qualify row_number() over (
    partition by record_id
    order by seen_at desc, seq desc, slot, item
) = 1
