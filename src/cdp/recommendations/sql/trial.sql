-- grain: one customer who bought in the days held out: whether each list would have named it
-- key: global
-- reads: step.recommend_bought, step.recommend_held, step.recommend_near
-- params: cut
-- writes: step.recommend_trial
with later as (
    select distinct
        customer,
        product
    from step.recommend_bought
    where day > $cut
        and customer in (select customer from step.recommend_held)
),

judged as (
    select customer
    from later
    group by customer
    -- a sample that is the same in every run
    order by md5(customer)
    limit 5000
),

known as (
    select h.*
    from step.recommend_held as h
    where h.customer in (from judged)
),

popular as (
    select
        product,
        max(buyers) as buyers
    from step.recommend_held
    group by product
),

repeated as (
    select
        customer,
        product,
        row_number() over (
            partition by customer
            order by times * pow(0.5, ($cut - last_day) / 60) desc, product
        ) as place
    from known
),

discovered as (
    select
        k.customer,
        n.other as product,
        row_number() over (
            partition by k.customer order by sum(n.cosine::decimal(9, 6)) desc, n.other
        ) as place
    from known as k
    inner join step.recommend_near as n
        on n.product = k.product
    left join known as had
        on had.customer = k.customer
        and had.product = n.other
    where had.product is null
    group by k.customer, n.other
),

top as (
    select
        product,
        row_number() over (order by buyers desc, product) as place
    from popular
),

-- as many best sellers as are needed to find ten that a customer does not have
top_new as (
    select
        j.customer,
        t.product,
        row_number() over (partition by j.customer order by t.place) as place
    from judged as j
    cross join (from top where place <= 210) as t
    left join known as had
        on had.customer = j.customer
        and had.product = t.product
    where had.product is null
),

hit as (
    select
        l.customer,
        bool_or(coalesce(r.place <= 10, false)) as repeated,
        bool_or(coalesce(t.place <= 10, false)) as popular,
        bool_or(coalesce(d.place <= 10, false)) as discovered,
        bool_or(coalesce(n.place <= 10, false)) as popular_new,
        bool_or(had.product is null) as has_new
    from later as l
    inner join judged as j
        on j.customer = l.customer
    left join repeated as r
        on r.customer = l.customer
        and r.product = l.product
    left join top as t
        on t.product = l.product
    left join discovered as d
        on d.customer = l.customer
        and d.product = l.product
    left join top_new as n
        on n.customer = l.customer
        and n.product = l.product
    left join known as had
        on had.customer = l.customer
        and had.product = l.product
    group by l.customer
)

select
    customer,
    repeated,
    popular,
    discovered,
    popular_new,
    has_new
from hit
