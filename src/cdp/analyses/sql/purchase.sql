-- grain: one order of one party, or what came back of one, by the moment
-- key: profile_id
-- reads: temp.bought, gold.feature
-- broadcast: temp.analysis_rate
-- params: as_of
-- writes: temp.analysis_purchase
select
    b.profile_id,
    f.entity_type,
    b.order_id,
    b.happened_at,
    b.amount >= 0 as is_order,
    (b.amount * r.rate)::decimal(18, 2) as amount
from temp.bought as b
inner join gold.feature as f
    on f.profile_id = b.profile_id
left join temp.analysis_rate as r
    on r.currency = b.currency
where b.ordered_at <= $as_of::timestamp
    and b.happened_at <= $as_of::timestamp
    -- a status that was set after the moment is not known yet
    and (b.cancelled_at is null or b.cancelled_at > $as_of::timestamp)
