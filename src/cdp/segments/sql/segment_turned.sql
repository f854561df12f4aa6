-- grain: one profile that came into one segment or left it in this run
-- key: profile_id
-- reads: step.segment_found, step.segment_before
-- writes: step.segment_turned
select
    coalesce(f.segment, b.segment) as segment,
    coalesce(f.profile_id, b.profile_id) as profile_id,
    if(b.profile_id is null, 'entered', 'left') as event
from step.segment_found as f
full join step.segment_before as b
    on b.profile_id = f.profile_id
    and b.segment = f.segment
where f.profile_id is null
    or b.profile_id is null
