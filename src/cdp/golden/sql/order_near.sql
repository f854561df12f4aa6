-- grain: one order that shares a number with one that changed, or changed itself
-- key: global
-- reads: step.order_number, step.order_number_before, step.order_changed
-- writes: step.order_near
with spoken as (
    select unnest(own || named) as number
    from (
        (
            select order_id, own, named from step.order_number
            union all
            select order_id, own, named from step.order_number_before
        )
    ) as either
    semi join step.order_changed as changed on either.order_id = changed.order_id
),

number as (
    select
        order_id,
        unnest(own || named) as number
    from step.order_number
)

select order_id from step.order_changed
union
select number.order_id as order_id
from number
semi join spoken on number.number = spoken.number
where number.number <> ''
