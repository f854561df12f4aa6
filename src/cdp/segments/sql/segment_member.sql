-- grain: one current member of one segment; who was in it before keeps the moment of entry
-- key: profile_id
-- reads: step.segment_found, step.segment_before
-- params: run_id, as_of
-- writes: gold.segment_member
select
    f.segment,
    f.profile_id,
    coalesce(b.entered_run, $run_id::bigint) as entered_run,
    coalesce(b.entered_at, $as_of::timestamp) as entered_at
from step.segment_found as f
left join step.segment_before as b
    on b.profile_id = f.profile_id
    and b.segment = f.segment
