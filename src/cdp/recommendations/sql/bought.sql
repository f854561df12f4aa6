-- grain: one product that one customer bought on one day
-- key: global
-- reads: gold.order, gold.order_line, gold.product
-- params: as_of, window_days
-- writes: step.recommend_bought
with named as (
    select
        o.order_id,
        coalesce(o.profile_id, o.account_id) as customer,
        o.ordered_at::date as day,
        -- one product of two systems has one number, whichever system sold it
        coalesce(p.product_id[length(p.source) + 2:], l.product_id, l.product) as product,
        coalesce(p.name, l.product, l.product_id) as name,
        p.category
    from gold.order as o
    inner join gold.order_line as l
        on l.order_id = o.order_id
    left join gold.product as p
        on p.product_id = l.product_id
    where o.duplicate_of is null
        and o.ordered_at <= $as_of
        and o.ordered_at > $as_of::timestamp - to_days($window_days::integer)
        and (o.status <> 'cancelled' or coalesce(o.changed_at, o.ordered_at) > $as_of)
)

select
    customer,
    product,
    day,
    min(name) as name,
    min(category) as category
from named
where customer is not null
    and product is not null
group by customer, product, day
