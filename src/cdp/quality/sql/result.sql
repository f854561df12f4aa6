-- grain: one rule over the records of one object
-- key: global
-- reads: step.quality_held, quality.failure
-- broadcast: temp.quality_rule
-- params: run_id
-- writes: quality.result
with held as (
    select
        source,
        object,
        count(*) as checked
    from step.quality_held
    group by source, object
),
failed as (
    select
        f.source,
        f.object,
        f.rule,
        count(*) as failed,
        arg_min(f.native_id, f.seq, 5) as examples
    from quality.failure as f
    inner join step.quality_held as h on h.seq = f.seq
    group by f.source, f.object, f.rule
)
select
    $run_id::bigint as run_id,
    r.source,
    r.object,
    r.rule,
    r.field,
    r.severity,
    coalesce(h.checked, 0) as checked,
    coalesce(f.failed, 0) as failed,
    coalesce(f.examples, []::varchar[]) as examples,
    r.message
from temp.quality_rule as r
left join held as h on h.source = r.source and h.object = r.object
left join failed as f on f.source = r.source and f.object = r.object and f.rule = r.rule
