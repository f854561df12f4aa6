-- grain: one row: the last run whose scorecard breached no gate, 0 before the first
-- key: global
-- reads: identity.scorecard
-- writes: step.scorecard_passed
with run as (
    select
        run_id,
        bool_or(breached) as breached
    from identity.scorecard
    group by run_id
)
select coalesce(max(run_id) filter (where not breached), 0) as run_id
from run
