-- grain: one order that is a copy of another source's order
-- key: global
-- reads: step.linked_order
-- writes: step.order_copy
with numbered as (
    -- the numbers an order goes by, and those by which it may name another: letters and digits
    -- only, without leading zeros; a reference also by the digits it ends in (`web-00035417`)
    select
        order_id,
        source,
        profile_id,
        account_id,
        ordered_at,
        currency,
        amount,
        [
            ltrim(regexp_replace(lower(number), '[^a-z0-9]', '', 'g'), '0')
            for number in [order_id, order_id[length(source) + 2:], reference]
            if number is not null
        ] as own,
        [
            ltrim(regexp_replace(lower(number), '[^a-z0-9]', '', 'g'), '0')
            for number in [reference, regexp_extract(reference, '[0-9]{4,}$')]
            if number is not null
        ] as named
    from step.linked_order
),

original as (
    select distinct
        * exclude (own, named),
        unnest(own) as number
    from numbered
),

referring as (
    select distinct
        * exclude (own, named),
        unnest(named) as number
    from numbered
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
