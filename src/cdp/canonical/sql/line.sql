-- grain: one line of one order or cart
-- key: record_id
-- reads: temp.canonical_good, temp.canonical_entity
-- writes: temp.canonical_line
-- record_id is the key of the order or cart.
with lost as (
    -- where an order was refused nothing is left of its lines, although its buyer may have been
    -- accepted under the same key
    select
        record_id,
        seq,
        kind || '_line' as kind
    from temp.canonical_entity
    where kind in ('order', 'cart')
    group by record_id, seq, kind
    having bool_and(reason is not null)
),

part as (
    select
        g.record_id,
        g.kind,
        g.slot,
        g.item,
        max(g.value) filter (where g.field = 'product_id') as product_id,
        max(g.value) filter (where g.field = 'product') as product,
        max(g.value) filter (where g.field = 'quantity')::decimal(18, 3) as quantity,
        max(g.value) filter (where g.field = 'amount')::decimal(18, 2) as amount
    from temp.canonical_good as g
    anti join lost as l on l.record_id = g.record_id and l.seq = g.seq and l.kind = g.kind
    where g.kind in ('order_line', 'cart_line')
    group by g.record_id, g.kind, g.slot, g.item
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
