-- grain: one order that is a copy of another source's order
-- key: global
-- reads: step.order_number
-- writes: step.order_copy
with original as (
    select distinct
        * exclude (own, named, record_id),
        unnest(own) as number
    from step.order_number
),

referring as (
    select distinct
        * exclude (own, named, record_id),
        unnest(named) as number
    from step.order_number
),

pair as (
    -- a number alone proves little: the party or the amount must agree, and the time
    select distinct
        c.order_id,
        c.ordered_at,
        o.order_id as original_id,
        o.ordered_at as original_at
    from referring as c
    inner join original as o on o.number = c.number
    where
        c.number <> ''
        and o.source <> c.source
        and o.ordered_at between c.ordered_at - interval 31 days and c.ordered_at + interval 1 day
        and (
            o.profile_id = c.profile_id
            or o.account_id = c.account_id
            or (o.amount = c.amount and o.currency = c.currency)
        )
),

one_way as (
    -- where both name each other, or share a third number, the earlier one is the original
    select
        p.order_id,
        p.original_id,
        p.original_at
    from pair as p
    left join pair as back
        on back.order_id = p.original_id and back.original_id = p.order_id
    where
        back.order_id is null
        or (p.original_at, p.original_id) < (p.ordered_at, p.order_id)
)

select
    order_id,
    arg_min(original_id, (original_at, original_id)) as duplicate_of
from one_way
group by order_id
