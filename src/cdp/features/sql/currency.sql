-- grain: one currency that orders are in, and how many
-- key: global
-- reads: gold.order, temp.feature_forerunner
-- params: as_of
-- writes: temp.feature_currency
with counting as (
    select
        profile_id,
        account_id,
        ordered_at,
        changed_at,
        status,
        currency
    from gold.order
    where duplicate_of is null
    union all
    select
        profile_id,
        account_id,
        ordered_at,
        changed_at,
        status,
        currency
    from temp.feature_forerunner
)

select
    currency,
    count(*) as orders
from counting
where (profile_id is not null or account_id is not null)
    and ordered_at <= $as_of::timestamp
    and (status <> 'cancelled' or coalesce(changed_at, ordered_at) > $as_of::timestamp)
group by currency
