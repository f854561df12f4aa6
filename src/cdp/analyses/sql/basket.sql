-- grain: one product, or one category, of one order
-- key: global
-- reads: temp.analysis_purchase, gold.order_line, gold.product
-- params: as_of, days, kinds, by
-- writes: temp.analysis_basket
with named as (
    select
        l.order_id,
        case
            when $by = 'category' then lower(p.category)
            -- one product of two systems has one number, whichever system sold it
            else coalesce(p.product_id[length(p.source) + 2:], l.product_id, l.product)
        end as product,
        case
            when $by = 'category' then p.category else coalesce(p.name, l.product, l.product_id)
        end as name
    from gold.order_line as l
    -- an order of a person who buys for an organisation is one basket
    semi join (
        from temp.analysis_purchase
        where is_order
            and happened_at > $as_of::timestamp - to_days($days::integer)
            and list_contains($kinds, entity_type)
    ) as b
        on b.order_id = l.order_id
    left join gold.product as p
        on p.product_id = l.product_id
)

select
    order_id,
    product,
    min(name) as name
from named
where product is not null
group by order_id, product
