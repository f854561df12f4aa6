-- grain: one cohort at one age, in whole periods alone
-- key: global
-- reads: temp.analysis_purchase
-- params: analysis, as_of, period, last, kinds
-- writes: gold.analysis_cohort
with lived as (
    select
        profile_id,
        is_order,
        amount,
        date_trunc($period, happened_at)::date as period,
        date_trunc(
            $period, min(happened_at) filter (where is_order) over (partition by profile_id)
        )::date as cohort
    from temp.analysis_purchase
    where list_contains($kinds, entity_type)
        -- a period that is not over yet would look like one in which few came back
        and happened_at < date_trunc($period, $as_of::timestamp)
),

aged as (
    select
        *,
        date_diff($period, cohort, period)::integer as age,
        date_diff($period, cohort, date_trunc($period, $as_of::timestamp)::date) as old
    from lived
    where cohort is not null
        and period >= cohort
),

size as (
    select
        cohort,
        old,
        count(distinct profile_id) as customers
    from aged
    where old <= $last::bigint
    group by cohort, old
),

-- also the ages at which nobody of a cohort did anything
cell as (
    select
        cohort,
        customers,
        unnest(range(old))::integer as age
    from size
),

seen as (
    select
        cohort,
        age,
        count(distinct profile_id) filter (where is_order) as active,
        sum(amount) as revenue
    from aged
    group by cohort, age
)

select
    $analysis::varchar as analysis,
    c.cohort,
    c.age,
    c.customers,
    coalesce(s.active, 0) as active,
    coalesce(s.active, 0) / c.customers as retention,
    coalesce(s.revenue, 0)::decimal(18, 2) as revenue,
    (
        sum(coalesce(s.revenue, 0)) over (partition by c.cohort order by c.age) / c.customers
    )::decimal(18, 2) as cumulative_value
from cell as c
left join seen as s
    on s.cohort = c.cohort
    and s.age = c.age
