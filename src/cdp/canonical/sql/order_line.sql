-- grain: one line of one order
-- key: global
-- reads: temp.canonical_line
-- writes: silver.order_line
-- A mere projection of what step holds by the key of the order.
select
    record_id as order_id,
    line,
    product_id,
    product,
    quantity,
    amount
from temp.canonical_line
where kind = 'order_line'
