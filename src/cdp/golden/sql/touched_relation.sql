-- grain: one record at the other end of a relationship of a touched one, of now or before
-- key: global
-- reads: silver.relationship, step.linked_relationship, step.touched_record_id
-- writes: step.touched_record_id
with other_end as (
    select now.other_record_id as record_id
    from silver.relationship as now
    semi join step.touched_record_id as touched on now.record_id = touched.record_id
    union
    select before.record_id as record_id
    from step.linked_relationship as before
    semi join step.touched_record_id as touched on before.from_record_id = touched.record_id
)

select other_end.record_id as record_id
from other_end
anti join step.touched_record_id as known on other_end.record_id = known.record_id
