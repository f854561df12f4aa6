-- grain: one line of one order
-- key: global
-- reads: temp.canonical_line, temp.canonical_told
-- writes: silver.order_line
-- A mere projection of what step holds by the key of the order. An order that was returned as a
-- whole keeps the lines it had.
select
    l.record_id as order_id,
    l.line,
    l.product_id,
    l.product,
    l.quantity,
    l.amount
from temp.canonical_line as l
left join temp.canonical_told as t on t.record_id = l.record_id and t.kind = 'order'
where l.kind = 'order_line' and (l.sign >= 0 or not t.is_emptied)
