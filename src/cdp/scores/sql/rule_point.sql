-- grain: one rule that holds for one profile, and one row without reason for each profile
-- key: profile_id
-- reads: gold.feature, step.rule_event, step.rule_attribute
-- broadcast: step.rule, step.rule_population
-- writes: step.score_point
with member as (
    select
        f.profile_id,
        p.score
    from gold.feature as f
    inner join step.rule_population as p
        on p.entity_type = f.entity_type
),

event as (
    select
        profile_id,
        score,
        rule,
        count(*) as times,
        max(occurred_at) as last_at,
        sum(points) as points
    from step.rule_event
    group by profile_id, score, rule
),

feature as (
    unpivot (
        select
            profile_id,
            orders::double as orders,
            orders_365d::double as orders_365d,
            revenue::double as revenue,
            revenue_365d::double as revenue_365d,
            average_basket::double as average_basket,
            recency_days::double as recency_days,
            tenure_days::double as tenure_days,
            open_carts::double as open_carts,
            interactions_30d::double as interactions_30d,
            interactions_90d::double as interactions_90d,
            emails_opened_90d::double as emails_opened_90d,
            emails_clicked_90d::double as emails_clicked_90d,
            web_views_30d::double as web_views_30d
        from gold.feature
    )
    on columns(* exclude (profile_id))
    into name feature value value
)

select
    m.profile_id,
    m.score,
    null::varchar as because,
    0::decimal(18, 2) as points
from member as m
union all
select
    m.profile_id,
    m.score,
    format(
        '{}: {} {}, last on {}',
        r.because,
        e.times,
        if(e.times = 1, 'time', 'times'),
        strftime(e.last_at, '%Y-%m-%d')
    ) as because,
    -- a rule that takes points is bounded below
    if(
        r.points >= 0,
        least(e.points, coalesce(r.at_most_points::decimal(18, 6), e.points)),
        greatest(e.points, coalesce(-r.at_most_points::decimal(18, 6), e.points))
    )::decimal(18, 2) as points
from member as m
inner join event as e
    on e.profile_id = m.profile_id
    and e.score = m.score
inner join step.rule as r
    on r.score = e.score
    and r.rule = e.rule
union all
select
    m.profile_id,
    m.score,
    r.because,
    r.points::decimal(18, 2) as points
from member as m
inner join feature as f
    on f.profile_id = m.profile_id
inner join step.rule as r
    on r.score = m.score
    and r.feature = f.feature
where f.value >= coalesce(r.at_least, f.value)
    and f.value <= coalesce(r.at_most, f.value)
union all
select
    m.profile_id,
    m.score,
    r.because,
    r.points::decimal(18, 2) as points
from member as m
inner join step.rule_attribute as a
    on a.profile_id = m.profile_id
    and a.score = m.score
inner join step.rule as r
    on r.score = a.score
    and r.rule = a.rule
