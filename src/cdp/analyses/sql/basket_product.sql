-- grain: one product that enough baskets hold, of the most sold so many
-- key: global
-- reads: temp.analysis_basket
-- params: least, products
-- writes: temp.analysis_basket_product
select
    product,
    min(name) as name,
    count(*) as baskets
from temp.analysis_basket
group by product
having count(*) >= $least
order by baskets desc, product
limit $products
