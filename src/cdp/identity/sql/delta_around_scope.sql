-- grain: one number of a record of the scope
-- key: global
-- reads: step.engine_number, step.scope
-- writes: step.delta_around
select number.number as number
from step.engine_number as number
semi join step.scope as scope on number.record_id = scope.record_id
