-- grain: one line of one order
-- key: global
-- reads: silver.order_line
-- writes: gold.order_line
select
    order_id,
    line,
    product_id,
    product,
    quantity,
    amount
from silver.order_line
