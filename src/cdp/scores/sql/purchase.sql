-- grain: what one party bought, or gave back, on one day, in one currency
-- key: profile_id
-- reads: temp.bought, gold.feature
-- params: as_of
-- writes: step.score_purchase
select
    b.profile_id,
    f.entity_type,
    b.happened_at::date as day,
    b.currency,
    b.amount >= 0 as is_purchase,
    sum(b.amount)::decimal(18, 2) as amount
from temp.bought as b
inner join gold.feature as f
    on f.profile_id = b.profile_id
where b.ordered_at <= $as_of::timestamp
    and b.happened_at <= $as_of::timestamp
    -- a status that was set after the moment is not known yet
    and (b.cancelled_at is null or b.cancelled_at > $as_of::timestamp)
group by b.profile_id, f.entity_type, day, b.currency, is_purchase
