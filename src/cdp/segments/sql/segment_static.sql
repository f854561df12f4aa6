-- grain: one member of one static group as the last run left it
-- key: profile_id
-- reads: gold.static_member
-- writes: step.segment_static
select
    segment,
    profile_id
from gold.static_member
