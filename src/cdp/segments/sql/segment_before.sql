-- grain: one member of one segment as the last run left it
-- key: profile_id
-- reads: gold.segment_member
-- writes: step.segment_before
select
    segment,
    profile_id,
    entered_run,
    entered_at
from gold.segment_member
