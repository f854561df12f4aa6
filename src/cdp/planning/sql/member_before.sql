-- grain: one member of one segment before the trial
-- key: profile_id
-- reads: gold.segment_member
-- writes: step.plan_member
select
    segment,
    profile_id
from gold.segment_member
