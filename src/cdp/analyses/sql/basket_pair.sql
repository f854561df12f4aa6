-- grain: two products that enough baskets hold together
-- key: global
-- reads: temp.analysis_basket, temp.analysis_basket_product
-- params: least, each
-- writes: temp.analysis_basket_pair
with held as (
    select
        b.order_id,
        b.product,
        p.name,
        p.baskets
    from temp.analysis_basket as b
    inner join temp.analysis_basket_product as p
        on p.product = b.product
    -- who buys for a shop says nothing of what goes together, and costs the square of it
    qualify count(*) over (partition by b.order_id) <= $each
)

select
    a.product as left_product,
    any_value(a.name) as left_name,
    any_value(a.baskets) as left_baskets,
    b.product as right_product,
    any_value(b.name) as right_name,
    any_value(b.baskets) as right_baskets,
    count(*) as both_baskets
from held as a
inner join held as b
    on b.order_id = a.order_id
    and b.product > a.product
group by a.product, b.product
having count(*) >= $least
