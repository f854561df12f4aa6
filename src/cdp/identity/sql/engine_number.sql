-- grain: one record and the number that stands for it in its blocks
-- key: global
-- reads: step.delta_changed, step.engine_number
-- writes: step.engine_number
with new as (
    select changed.record_id as record_id
    from step.delta_changed as changed
    anti join step.engine_number as known on changed.record_id = known.record_id
    where changed.is_there
),
highest as (
    select coalesce(max(number), -1) as number from step.engine_number
)
select
    new.record_id as record_id,
    highest.number + row_number() over (order by new.record_id) as number
from new
cross join highest
