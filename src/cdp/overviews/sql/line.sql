-- grain: one line of one order of one party that was delivered, since given back or not; twice where it is a person's and an organisation's
-- key: global
-- reads: gold.order, gold.order_line, temp.overview_forerunner
-- writes: temp.overview_line
-- What was cancelled or not yet delivered is not owned, what was given back not from then on.
with bought as not materialized (
    select
        o.profile_id,
        o.account_id,
        o.order_id,
        o.ordered_at,
        case when o.status = 'returned' then coalesce(o.changed_at, o.ordered_at) end
            as returned_at,
        -- without the instance that the key begins with, as other systems number it too
        coalesce(l.product_id[length(o.source) + 2:], l.product) as number,
        l.product_id,
        l.product,
        l.quantity
    from gold."order" as o
    inner join gold.order_line as l
        on l.order_id = o.order_id
    where o.status in ('completed', 'returned')
        and (
            o.duplicate_of is null
            or o.order_id in (select f.order_id from temp.overview_forerunner as f)
        )
)

select
    profile_id,
    order_id,
    ordered_at,
    returned_at,
    number,
    product_id,
    product,
    quantity
from bought
where profile_id is not null
union all
select
    account_id as profile_id,
    order_id,
    ordered_at,
    returned_at,
    number,
    product_id,
    product,
    quantity
from bought
where account_id is distinct from profile_id
    and account_id is not null
