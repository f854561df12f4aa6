-- grain: one product that one customer bought before the cut
-- key: global
-- reads: step.recommend_bought
-- broadcast: step.recommend_limit
-- params: cut
-- writes: step.recommend_held
with known as (
    select
        customer,
        product,
        count(*) as times,
        max(day) as last_day
    from step.recommend_bought
    where day <= $cut
    group by customer, product
),

popular as (
    select
        product,
        count(*) as buyers
    from known
    group by product
    order by buyers desc, product
    limit (select products from step.recommend_limit)
)

select
    k.customer,
    k.product,
    k.times,
    k.last_day,
    p.buyers
from known as k
inner join popular as p
    on p.product = k.product
-- who bought more says nothing of what goes together, and costs the square of it
qualify row_number() over (partition by k.customer order by k.last_day desc, k.product)
    <= (select each from step.recommend_limit)
