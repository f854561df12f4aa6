-- grain: one line of one order
select
    order_line.order_id,
    order_line.line,
    order_line.product_id,
    order_line.product,
    order_line.quantity,
    order_line.amount,
    product.category,
    placed.profile_id,
    placed.account_id,
    placed.source,
    placed.ordered_at,
    placed.status,
    placed.currency
from gold.order_line as order_line
inner join gold."order" as placed
    on placed.order_id = order_line.order_id
left join gold.product as product
    on product.product_id = order_line.product_id
