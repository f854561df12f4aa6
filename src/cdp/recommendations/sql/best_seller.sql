-- grain: one product among those that most customers bought lately, in all or in its category
-- key: global
-- reads: step.recommend_bought
-- broadcast: step.recommend_limit
-- params: as_of
-- writes: gold.best_seller
with lately as (
    select
        product,
        max_by(name, (day, name)) as name,
        max_by(category, (day, category)) as category,
        count(distinct customer) as buyers
    from step.recommend_bought
    where day > $as_of::date - (select lately_days::integer from step.recommend_limit)
    group by product
),

listed as (
    select
        '' as category,
        product,
        name,
        category as of_category,
        buyers
    from lately
    union all
    select
        lower(category) as category,
        product,
        name,
        category as of_category,
        buyers
    from lately
    where category <> ''
)

select
    category,
    row_number() over (partition by category order by buyers desc, product) as place,
    product,
    name,
    of_category,
    buyers
from listed
qualify place <= (select best from step.recommend_limit)
