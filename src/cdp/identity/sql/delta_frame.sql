-- grain: one record of the scope or of a pair that the changes reach, as the engine reads it
-- key: global
-- reads: step.engine_frame, step.delta_pair_reached, step.delta_changed, step.scope
-- writes: step.delta_frame
with needed as (
    select unnest([record_l, record_r]) as record_id from step.delta_pair_reached
    union
    select record_id from step.delta_changed
    union
    select record_id from step.scope
)
select frame.*
from step.engine_frame as frame
semi join needed on frame.record_id = needed.record_id
order by frame.record_id
