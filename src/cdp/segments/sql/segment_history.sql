-- grain: one entry into or departure from a segment in this run
-- key: profile_id
-- reads: step.segment_turned, step.segment_cause
-- params: run_id, as_of
-- writes: gold.segment_history
select
    t.segment,
    t.profile_id,
    $run_id::bigint as run_id,
    t.event,
    $as_of::timestamp as at,
    c.cause
from step.segment_turned as t
left join step.segment_cause as c
    on c.profile_id = t.profile_id
    and c.segment = t.segment
