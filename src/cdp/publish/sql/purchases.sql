-- grain: one product that one profile or account bought, the latest first, an entry of its list
-- key: global
-- reads: gold.order, gold.order_line, gold.product
-- writes: step.document_purchases
with line as (
    select
        unnest(list_distinct([o.profile_id, o.account_id])) as profile_id,
        coalesce(p.product_id[length(p.source) + 2:], l.product_id, l.product) as product,
        coalesce(p.name, l.product, l.product_id) as name,
        p.category,
        o.ordered_at::date as day
    from gold.order as o
    inner join gold.order_line as l
        on l.order_id = o.order_id
    left join gold.product as p
        on p.product_id = l.product_id
    where o.duplicate_of is null
        and o.status <> 'cancelled'
),
product as (
    select
        profile_id,
        product,
        min(name) as name,
        min(category) as category,
        list_sort(list(distinct day), 'desc')[:20] as days
    from line
    where profile_id is not null
        and product is not null
    group by profile_id, product
),
ranked as (
    select
        profile_id,
        product,
        name,
        category,
        days,
        row_number() over (partition by profile_id order by days[1] desc, product) as place
    from product
)
select
    profile_id,
    concat(to_json({
        'product': product,
        'name': name,
        'category': category,
        'days': [day::varchar for day in days]
    }), ',') as document
from ranked
where place <= 200
order by
    profile_id,
    place
