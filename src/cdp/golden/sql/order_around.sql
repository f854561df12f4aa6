-- grain: one order that shares a number with one whose original is looked for anew
-- key: global
-- reads: step.order_number, step.order_near
-- writes: step.order_around
with number as (
    select
        order_id,
        unnest(own || named) as number
    from step.order_number
),

spoken as (
    select distinct number.number as number
    from number
    semi join step.order_near as near on number.order_id = near.order_id
    where number.number <> ''
)

select distinct number.order_id as order_id
from number
semi join spoken on number.number = spoken.number
