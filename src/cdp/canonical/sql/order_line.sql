-- grain: one line of one order
-- key: record_id
-- reads: step.canonical_good
-- writes: silver.order_line
-- The key of the order and its lines is named record_id until the last select.
with part as (
    select
        record_id,
        slot,
        item,
        max(value) filter (where field = 'product_id') as product_id,
        max(value) filter (where field = 'product') as product,
        max(value) filter (where field = 'quantity')::decimal(18, 3) as quantity,
        max(value) filter (where field = 'amount')::decimal(18, 2) as amount
    from step.canonical_good
    where kind = 'order_line'
    group by record_id, slot, item
)
select
    record_id as order_id,
    row_number() over (partition by record_id order by slot, item)::integer as line,
    product_id,
    product,
    quantity,
    amount
from part
