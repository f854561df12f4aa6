-- grain: one product that one party bought and kept, as of the moment
-- key: profile_id
-- reads: temp.overview_line
-- broadcast: step.overview_catalogue
-- params: as_of
-- writes: gold.owned_product
-- The same number in two systems is one product. What was given back of an order counts as taken
-- from it.
with line as (
    select
        l.profile_id,
        l.number,
        l.product_id,
        coalesce(c.name, l.product) as product,
        c.category,
        l.quantity,
        l.order_id,
        l.ordered_at
    from temp.overview_line as l
    left join step.overview_catalogue as c
        on c.number = l.number
    where l.ordered_at <= $as_of::timestamp
        -- what was given back after the moment was still owned
        and (l.returned_at is null or l.returned_at > $as_of::timestamp)
),

kept as (
    select
        profile_id,
        number,
        order_id,
        min(product_id) as product_id,
        min(product) as product,
        min(category) as category,
        sum(quantity)::decimal(18, 3) as quantity,
        min(ordered_at) as ordered_at
    from line
    where number is not null
    group by profile_id, number, order_id
    having sum(quantity) > 0
)

select
    profile_id,
    number,
    arg_max(product_id, (ordered_at, order_id)) as product_id,
    arg_max(product, (ordered_at, order_id)) as product,
    arg_max(category, (ordered_at, order_id)) as category,
    sum(quantity)::decimal(18, 3) as quantity,
    count(*) as orders,
    min(ordered_at) as first_ordered_at,
    max(ordered_at) as ordered_at,
    arg_max(order_id, (ordered_at, order_id)) as order_id,
    $as_of::timestamp as as_of
from kept
group by profile_id, number
