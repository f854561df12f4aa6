-- grain: one row of a purchase log, with what it counts for; reason is null if it counts
-- key: global
-- reads: cell
-- broadcast: log_number, log_day
-- params: until, drop_repeats
-- writes: step.log_seen
with told as (
    select
        c.row,
        c.customer,
        c.print,
        d.day,
        c.day is null or d.day is null as is_bad_day,
        (c.amount is not null and a.value is null)
        or (c.price is not null and p.value is null) as is_bad_amount,
        c.quantity is not null and q.value is null as is_bad_quantity,
        case
            when c.is_return
                then -abs(coalesce(a.value, p.value * coalesce(q.value, 1)))
            else coalesce(a.value, p.value * coalesce(q.value, 1))
        end as amount,
        c.is_return,
        c.is_cancelled
        or (c.cancelled_day is not null and coalesce(e.day, 0) <= $until) as is_cancelled
    from cell as c
    left join log_day as d
        on d.text = c.day
    left join log_day as e
        on e.text = c.cancelled_day
    left join log_number as a
        on a.text = c.amount
    left join log_number as p
        on p.text = c.price
    left join log_number as q
        on q.text = c.quantity
)

select
    row,
    customer,
    day,
    amount,
    case
        when is_cancelled
            then 'cancelled'
        when customer is null
            then 'without customer'
        when is_bad_day
            then 'bad day'
        when is_bad_amount
            then 'bad amount'
        when is_bad_quantity
            then 'bad quantity'
        when day > $until
            then 'later'
        when is_return and amount is null
            then 'refund without amount'
        when $drop_repeats and row_number() over (
            partition by
                customer,
                print
            order by row
        ) > 1
            then 'repeated'
    end as reason
from told
