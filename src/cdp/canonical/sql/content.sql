-- grain: one cart with its lines
-- key: record_id
-- reads: temp.canonical_line
-- writes: temp.canonical_content
-- record_id is the key of the cart. Where something came to it or went from it later, a product is
-- one line: what is left of it.
with marked as (
    select
        *,
        bool_or(sign <> 0) over (partition by record_id) as was_moved
    from temp.canonical_line
    where kind = 'cart_line'
),

net as (
    select
        record_id,
        min(line) as line,
        min(product_id) as product_id,
        arg_min(product, line) as product,
        sum(quantity)::decimal(18, 3) as quantity,
        sum(amount)::decimal(18, 2) as amount,
        bool_or(was_moved) as was_moved
    from marked
    group by
        record_id,
        case when was_moved then coalesce(product_id, product, '') else line::varchar end
)

select
    record_id,
    to_json(list({
        'product_id': product_id,
        'product': product,
        'quantity': quantity,
        'price': (amount / nullif(quantity, 0))::decimal(18, 2),
        'amount': amount
    } order by line)) as lines
from net
where quantity > 0 or not was_moved
group by record_id
