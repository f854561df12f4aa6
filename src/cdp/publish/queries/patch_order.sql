-- orders of touched ids or of nobody, and lines without an order, now and in the generation before
with placed as (
    select
        order_id,
        profile_id,
        account_id
    from gold."order"
    union all
    select
        order_id,
        profile_id,
        account_id
    from generation.gold."order"
),
line as (
    select order_id
    from gold.order_line
    union all
    select order_id
    from generation.gold.order_line
)
select order_id
from placed
where profile_id in (select profile_id from step.publish_id)
    or account_id in (select profile_id from step.publish_id)
    or coalesce(profile_id, account_id) is null
union
select line.order_id
from line
anti join placed
    on placed.order_id = line.order_id
