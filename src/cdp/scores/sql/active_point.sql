-- grain: one organisation or group and how many of its contacts are active
-- key: profile_id
-- reads: gold.feature, step.active_account
-- broadcast: step.active_definition
-- writes: step.score_point
select
    f.profile_id,
    d.score,
    null::varchar as because,
    0::decimal(18, 2) as points
from gold.feature as f
inner join step.active_definition as d
    on d.entity_type = f.entity_type
union all
select
    a.profile_id,
    a.score,
    format(
        'contacts active in the last {} days: {}, last on {}',
        d.window_days,
        a.contacts,
        strftime(a.last_at, '%Y-%m-%d')
    ) as because,
    a.contacts::decimal(18, 2) as points
from step.active_account as a
inner join gold.feature as f
    on f.profile_id = a.profile_id
inner join step.active_definition as d
    on d.score = a.score
    and d.entity_type = f.entity_type
