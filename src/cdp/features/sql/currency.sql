-- grain: one currency that orders are in, and how many
-- key: global
-- reads: gold.order, temp.feature_forerunner
-- params: as_of
-- writes: temp.feature_currency
select
    currency,
    count(*) as orders
from gold.order
where (profile_id is not null or account_id is not null)
    and ordered_at <= $as_of
    and (duplicate_of is null or order_id in (select f.order_id from temp.feature_forerunner as f))
    and (status <> 'cancelled' or coalesce(changed_at, ordered_at) > $as_of)
group by currency
