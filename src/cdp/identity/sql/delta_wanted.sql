-- grain: one record all of whose pairs are looked at anew
-- key: global
-- reads: step.delta_changed, step.delta_crossed, step.engine_number
-- writes: step.delta_wanted
select record_id
from step.delta_changed
union
select number.record_id as record_id
from step.engine_number as number
semi join step.delta_crossed as crossed on number.number = crossed.number
