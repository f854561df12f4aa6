-- grain: one product and one that the same customers bought
-- key: global
-- reads: step.recommend_held
-- broadcast: step.recommend_limit
-- writes: step.recommend_near
with pair as (
    select
        a.product,
        b.product as other,
        any_value(a.buyers) as buyers,
        any_value(b.buyers) as other_buyers,
        count(*) as both_buyers
    from step.recommend_held as a
    inner join step.recommend_held as b
        on b.customer = a.customer
        and b.product <> a.product
    group by a.product, b.product
)

select
    product,
    other,
    both_buyers,
    both_buyers / sqrt(buyers * other_buyers) as cosine
from pair
where both_buyers >= 2
qualify row_number() over (partition by product order by cosine desc, other)
    <= (select near from step.recommend_limit)
