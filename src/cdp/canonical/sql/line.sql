-- grain: one line of one order or cart
-- key: record_id
-- reads: step.canonical_good
-- writes: step.canonical_line
-- record_id is the key of the order or cart.
with part as (
    select
        record_id,
        kind,
        slot,
        item,
        max(value) filter (where field = 'product_id') as product_id,
        max(value) filter (where field = 'product') as product,
        max(value) filter (where field = 'quantity')::decimal(18, 3) as quantity,
        max(value) filter (where field = 'amount')::decimal(18, 2) as amount
    from step.canonical_good
    where kind in ('order_line', 'cart_line')
    group by record_id, kind, slot, item
)
select
    record_id,
    kind,
    row_number() over (partition by record_id, kind order by slot, item)::integer as line,
    product_id,
    product,
    quantity,
    amount
from part
