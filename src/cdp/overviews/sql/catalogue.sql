-- grain: one name or number that a product goes by
-- key: global
-- reads: gold.product
-- writes: step.overview_catalogue
select
    number,
    min(name) as name,
    min(category) as category
from (
    select product_id[length(source) + 2:] as number, name, category from gold.product
    union all
    select name as number, name, category from gold.product
)
group by number
