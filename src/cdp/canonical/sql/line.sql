-- grain: one line of one order or cart
-- key: record_id
-- reads: temp.canonical_good, temp.canonical_entity, temp.canonical_moved
-- writes: temp.canonical_line
-- record_id is the key of the order or cart; what was taken from it is a line below zero.
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
        replace(g.kind, '_change', '') as kind,
        g.kind like '%_change_line' as is_change,
        g.seq,
        g.slot,
        g.item,
        max(g.value) filter (where g.field = 'product_id') as product_id,
        max(g.value) filter (where g.field = 'product') as product,
        max(g.value) filter (where g.field = 'quantity')::decimal(18, 3) as quantity,
        max(g.value) filter (where g.field = 'amount')::decimal(18, 2) as amount
    from temp.canonical_good as g
    anti join lost as l on l.record_id = g.record_id and l.seq = g.seq and l.kind = g.kind
    where g.kind in ('order_line', 'cart_line', 'order_change_line', 'cart_change_line')
    group by g.record_id, g.kind, g.seq, g.slot, g.item
),

-- An order that its own record alone states is not listed as moved; its lines stand as they are.
signed as (
    select
        p.*,
        coalesce(m.sign, 0) as sign,
        m.seen_at
    from part as p
    left join temp.canonical_moved as m
        on m.record_id = p.record_id
        and m.kind || '_line' = p.kind
        and m.seq = p.seq
        and m.slot = p.slot - 1
    where m.sign is not null or (m.record_id is null and not p.is_change)
),

price as (
    select
        record_id,
        kind,
        product_id,
        sum(amount) / nullif(sum(quantity), 0) as price
    from signed
    where sign = 0
    group by record_id, kind, product_id
)

select
    s.record_id,
    s.kind,
    row_number() over (
        partition by s.record_id, s.kind
        order by abs(s.sign), s.seen_at, s.slot, s.item, s.product_id, s.quantity, s.amount, s.seq
    )::integer as line,
    s.product_id,
    s.product,
    (case when s.sign < 0 then -s.quantity else s.quantity end)::decimal(18, 3) as quantity,
    (
        case when s.sign < 0 then -1 else 1 end
        * coalesce(s.amount, p.price * s.quantity, 0)
    )::decimal(18, 2) as amount,
    s.sign,
    s.seq,
    s.slot - 1 as slot
from signed as s
left join price as p
    on p.record_id = s.record_id
    and p.kind = s.kind
    and p.product_id = s.product_id
