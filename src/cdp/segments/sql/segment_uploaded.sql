-- grain: one profile that was put into one static group, or taken out of it, since the last run
-- key: profile_id
-- reads: gold.static_member, step.segment_static
-- writes: step.segment_uploaded
select
    coalesce(g.segment, s.segment) as segment,
    coalesce(g.profile_id, s.profile_id) as profile_id
from gold.static_member as g
full join step.segment_static as s
    on s.profile_id = g.profile_id
    and s.segment = g.segment
where g.profile_id is null
    or s.profile_id is null
