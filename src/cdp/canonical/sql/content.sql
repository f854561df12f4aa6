-- grain: one cart with its lines
-- key: record_id
-- reads: temp.canonical_line
-- writes: temp.canonical_content
-- record_id is the key of the cart.
select
    record_id,
    to_json(list({
        'product_id': product_id,
        'product': product,
        'quantity': quantity,
        'amount': amount
    } order by line)) as lines
from temp.canonical_line
where kind = 'cart_line'
group by record_id
