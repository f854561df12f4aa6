-- grain: one product and one that the same customers bought
-- key: global
-- reads: step.recommend_near, step.recommend_bought
-- writes: gold.product_affinity
with called as (
    select
        product,
        max_by(name, (day, name)) as name,
        max_by(category, (day, category)) as category
    from step.recommend_bought
    group by product
)

select
    n.product,
    n.other,
    c.name as other_name,
    c.category as other_category,
    n.both_buyers,
    n.cosine
from step.recommend_near as n
inner join called as c
    on c.product = n.other
