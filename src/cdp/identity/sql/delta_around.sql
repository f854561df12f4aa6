-- grain: one number of a record whose candidates are wanted
-- key: global
-- reads: step.engine_number, step.delta_wanted
-- writes: step.delta_around
select number.number as number
from step.engine_number as number
semi join step.delta_wanted as wanted on number.record_id = wanted.record_id
