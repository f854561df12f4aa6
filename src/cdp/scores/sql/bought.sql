-- grain: one order of one party, or what came back of one; twice where it is a person's and an organisation's
-- key: global
-- reads: gold.order
-- writes: temp.bought
-- A mere projection from the keys of persons and of organisations to one.
with counting as not materialized (
    select
        profile_id,
        account_id,
        order_id,
        ordered_at,
        ordered_at as happened_at,
        case when status = 'cancelled' then coalesce(changed_at, ordered_at) end as cancelled_at,
        currency,
        amount
    from gold.order
    where duplicate_of is null
    union all
    -- what came back lowers what was spent from its own moment on
    select
        profile_id,
        account_id,
        order_id,
        ordered_at,
        coalesce(changed_at, ordered_at) as happened_at,
        null as cancelled_at,
        currency,
        -amount as amount
    from gold.order
    where duplicate_of is null
        and status = 'returned'
)

select
    profile_id,
    order_id,
    ordered_at,
    happened_at,
    cancelled_at,
    currency,
    amount
from counting
where profile_id is not null
union all
select
    account_id as profile_id,
    order_id,
    ordered_at,
    happened_at,
    cancelled_at,
    currency,
    amount
from counting
where account_id is not null
