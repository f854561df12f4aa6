-- grain: one customer as known at one cut-off, with what followed it
-- key: global
-- reads: purchase
-- broadcast: cut_off
-- params: horizon, recent, median_basket, mean_gap
-- writes: step.snapshot
-- Every column but label_count and label_spend comes from rows with day <= cut alone; amounts are
-- summed as decimals and days as integers, so that the order of summing does not matter. What all
-- customers have in common is given or, where it is null, found among those of the log.
with gapped as (
    select
        customer,
        day,
        amount::decimal(18, 4) as amount,
        amount is null or amount >= 0 as bought,
        day - lag(day) over (
            partition by customer, (amount is null or amount >= 0)
            order by day
        ) as gap
    from purchase
),

placed as (
    select
        c.cut,
        c.cut - g.day as age,
        g.customer,
        g.day,
        g.amount,
        g.bought,
        g.gap
    from gapped as g
    inner join cut_off as c
        on g.day <= c.cut + $horizon
),

told as (
    select
        cut,
        customer,
        count(*) filter (where bought and age >= 0) as n,
        min(day) filter (where bought and age >= 0) as first_day,
        max(day) filter (where bought and age >= 0) as last_day,
        count(gap) filter (where bought and age >= 0) as gaps,
        sum(gap) filter (where bought and age >= 0) as gap_sum,
        sum(gap * gap) filter (where bought and age >= 0) as gap_squares,
        max(gap) filter (where bought and age >= 0) as gap_longest,
        arg_max(gap, day) filter (where bought and age >= 0) as gap_last,
        count(*) filter (where bought and age >= 0 and age < $recent) as n_recent,
        count(*) filter (where bought and age >= 0 and age < $horizon) as n_1,
        count(*) filter (where bought and age >= $horizon and age < 2 * $horizon) as n_2,
        count(*) filter (where bought and age >= 2 * $horizon and age < 4 * $horizon) as n_4,
        count(amount) filter (where bought and age >= 0) as paid,
        avg(amount) filter (where bought and age >= 0) as basket_mean,
        max(amount) filter (where bought and age >= 0) as basket_max,
        arg_max(amount, day) filter (where bought and age >= 0) as basket_last,
        coalesce(sum(amount) filter (where age >= 0 and age < $horizon), 0)::double as spent_1,
        coalesce(sum(amount) filter (where age >= 0), 0)::double as spent,
        count(*) filter (where bought and age < 0) as label_count,
        coalesce(sum(amount) filter (where age < 0), 0)::double as label_spend
    from placed
    group by
        cut,
        customer
    having count(*) filter (where bought and age >= 0) > 0
),

basket as (
    select
        cut,
        coalesce($median_basket::double, median(amount)::double) as median_basket
    from placed
    where bought
        and age >= 0
        and amount > 0
    group by cut
),

rhythm as (
    select
        cut,
        coalesce($mean_gap::double, sum(last_day - first_day) / nullif(sum(n - 1), 0)) as mean_gap
    from told
    group by cut
)

select
    t.cut,
    t.customer,
    t.n - 1 as x,
    (t.cut - t.last_day) / $horizon as recency,
    (t.cut - t.first_day) / $horizon as tenure,
    (t.cut - t.last_day) / greatest(t.cut - t.first_day, 1) as recency_in_tenure,
    (t.n - 1) / greatest(t.cut - t.first_day, 7) * $horizon as rate,
    t.gap_sum / nullif(t.n - 1, 0) / $horizon as gap_mean,
    (t.cut - t.last_day) * t.n / nullif(t.last_day - t.first_day + r.mean_gap, 0) as overdue,
    case
        when t.gaps >= 2
            then sqrt(greatest(t.gap_squares / t.gaps - (t.gap_sum / t.gaps) * (t.gap_sum / t.gaps), 0))
                / (t.gap_sum / t.gaps)
    end as gap_spread,
    t.gap_last * t.gaps / t.gap_sum as gap_last,
    (t.cut - t.last_day) / t.gap_longest as recency_in_longest_gap,
    t.n_recent,
    t.n_1,
    t.n_2,
    t.n_4,
    ln((t.n_1 + .5) / (t.n_2 + .5)) as trend,
    t.basket_mean / b.median_basket as basket_mean,
    t.basket_last::double / b.median_basket as basket_last,
    t.basket_max::double / b.median_basket as basket_max,
    t.spent_1 / b.median_basket as spent_1,
    (t.last_day - t.first_day) / 7 as weeks_to_last,
    (t.cut - t.first_day) / 7 as weeks,
    t.n,
    t.paid,
    t.spent,
    t.basket_mean as mean_amount,
    b.median_basket,
    r.mean_gap,
    t.label_count,
    t.label_spend
from told as t
left join basket as b
    on b.cut = t.cut
left join rhythm as r
    on r.cut = t.cut
order by
    t.cut desc,
    t.customer
