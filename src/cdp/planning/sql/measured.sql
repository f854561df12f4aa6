-- grain: one run that identity resolution was measured in
-- key: global
-- reads: identity.scorecard, ops.run
-- params: limit, before, band
-- writes: step.plan_measured
select
    card.run_id as run_id,
    strftime(any_value(run.as_of), '%Y-%m-%dT%H:%M:%SZ') as as_of,
    strftime(any_value(run.started_at), '%Y-%m-%dT%H:%M:%SZ') as started_at,
    any_value(run.outcome) as outcome,
    bool_or(card.breached) as breached,
    list(
        {
            'metric': card.metric,
            'value': card.value,
            'low': card.low,
            'high': card.high,
            'at_least': card.at_least,
            'at_most': card.at_most,
            'breached': card.breached,
            'says': card.detail
        }
        order by card.metric
    ) as measures
from identity.scorecard as card
left join ops.run as run on card.run_id = run.run_id
where
    not starts_with(card.metric, $band)
    and ($before::bigint is null or card.run_id < $before::bigint)
group by card.run_id
order by card.run_id desc
limit $limit::bigint
