-- grain: one party with a running contract at one cut-off of one score, and whether it then ended
-- key: profile_id
-- reads: step.contract_event
-- broadcast: step.contract_cut
-- writes: step.contract_fact
with known as (
    select
        c.score,
        c.cut,
        c.begins,
        c.cut - e.day as age,
        e.profile_id,
        e.day,
        e.type = c.ends as is_end,
        e.type = coalesce(c.begins, e.type) as is_begin,
        e.type,
        e.times,
        e.amount
    from step.contract_event as e
    inner join step.contract_cut as c
        on c.entity_type = e.entity_type
        and e.day <= c.cut + c.horizon
),

told as (
    select
        score,
        cut,
        profile_id,
        max(day) filter (where age >= 0 and is_end) as ended,
        min(age) filter (where age >= 0 and not is_end) as last_event_days,
        coalesce(sum(times) filter (where age >= 0 and age < 30 and not is_end), 0) as events_30d,
        coalesce(sum(times) filter (where age >= 0 and age < 90 and not is_end), 0) as events_90d,
        coalesce(sum(times) filter (where age >= 0 and age < 365 and not is_end), 0) as events_365d,
        coalesce(sum(times) filter (where age >= 0 and age < 90 and type = 'email_opened'), 0) as opened_90d,
        coalesce(sum(times) filter (where age >= 0 and age < 90 and type = 'email_clicked'), 0)
            as clicked_90d,
        coalesce(
            sum(times) filter (
                where age >= 0 and age < 90 and type in ('page_viewed', 'product_viewed')
            ),
            0
        ) as viewed_90d,
        coalesce(sum(times) filter (where age >= 0 and age < 365 and type = 'order_placed'), 0)
            as orders_365d,
        coalesce(sum(amount) filter (where age >= 0 and age < 365), 0) as amount_365d,
        min(age) filter (where age >= 0 and type = 'order_placed') as last_order_days,
        bool_or(age < 0 and is_end) as label
    from known
    group by score, cut, profile_id
),

begun as (
    select
        k.score,
        k.cut,
        k.profile_id,
        min(k.day) as since
    from known as k
    inner join told as t
        on t.score = k.score
        and t.cut = k.cut
        and t.profile_id = k.profile_id
    where k.age >= 0
        and not k.is_end
        and k.is_begin
        -- a contract that ended runs again only when it is begun anew
        and (t.ended is null or (k.begins is not null and k.day > t.ended))
    group by k.score, k.cut, k.profile_id
)

select
    t.score,
    t.cut,
    t.profile_id,
    (t.cut - b.since)::double as tenure_days,
    t.last_event_days::double as last_event_days,
    t.events_30d::double as events_30d,
    t.events_90d::double as events_90d,
    t.events_365d::double as events_365d,
    ln((t.events_30d + 0.5) / (t.events_90d / 3 + 0.5)) as trend,
    t.opened_90d::double as opened_90d,
    t.clicked_90d::double as clicked_90d,
    t.viewed_90d::double as viewed_90d,
    t.orders_365d::double as orders_365d,
    t.amount_365d::double as amount_365d,
    t.last_order_days::double as last_order_days,
    t.label
from told as t
inner join begun as b
    on b.score = t.score
    and b.cut = t.cut
    and b.profile_id = t.profile_id
