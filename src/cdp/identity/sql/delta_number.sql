-- grain: one number of a record that changed
-- key: global
-- reads: step.engine_number, step.delta_changed
-- writes: step.delta_number
select number.number as number
from step.engine_number as number
semi join step.delta_changed as changed on number.record_id = changed.record_id
