-- grain: one customer and day of a purchase log; customers are numbered in the order of their ids
-- key: global
-- reads: log_seen
-- writes: step.log_sums
with kept as (
    select
        dense_rank() over (order by customer) - 1 as customer,
        day,
        amount::decimal(18, 4) as amount
    from log_seen
    where reason is null
)

select
    customer,
    day,
    coalesce(sum(amount) filter (where amount >= 0), 0)::double as bought,
    count(*) filter (where amount >= 0) as known,
    count(*) filter (where amount is null) as unknown,
    coalesce(sum(amount) filter (where amount < 0), 0)::double as refund
from kept
group by
    customer,
    day
order by
    customer,
    day
