-- grain: one order of one party, no copy of another known by the moment; twice where it is a person's and an organisation's
-- key: global
-- reads: gold.order, temp.feature_forerunner
-- writes: temp.feature_order
-- A mere projection from the keys of persons and of organisations to one.
with counting as not materialized (
    select
        profile_id,
        account_id,
        ordered_at,
        case when status = 'cancelled' then coalesce(changed_at, ordered_at) end as cancelled_at,
        case when status = 'returned' then coalesce(changed_at, ordered_at) end as returned_at,
        currency,
        amount
    from gold.order
    where duplicate_of is null
    union all
    select
        profile_id,
        account_id,
        ordered_at,
        case when status = 'cancelled' then coalesce(changed_at, ordered_at) end as cancelled_at,
        case when status = 'returned' then coalesce(changed_at, ordered_at) end as returned_at,
        currency,
        amount
    from temp.feature_forerunner
)

select
    profile_id,
    ordered_at,
    cancelled_at,
    returned_at,
    currency,
    amount
from counting
where profile_id is not null
union all
select
    account_id as profile_id,
    ordered_at,
    cancelled_at,
    returned_at,
    currency,
    amount
from counting
where account_id is not null
