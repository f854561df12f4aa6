-- grain: one order of one organisation, placed by the moment, no copy and not cancelled
-- key: account_id
-- reads: gold.order
-- params: as_of
-- writes: step.feature_order
select
    account_id,
    account_id as profile_id,
    order_id,
    ordered_at,
    currency,
    amount
from gold.order
where account_id is not null
    and ordered_at <= $as_of
    and duplicate_of is null
    -- a status that was set after the moment is not known yet
    and (status <> 'cancelled' or coalesce(changed_at, ordered_at) > $as_of)
