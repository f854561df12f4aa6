-- grain: one profile that a touched record is or was in
-- key: global
-- reads: step.touched_record_id, step.touched_profile_id, gold.source_record, identity.assignment
-- writes: step.touched_profile_id
with owner as (
    select before.profile_id as profile_id
    from gold.source_record as before
    semi join step.touched_record_id as touched on before.record_id = touched.record_id
    union
    select now.profile_id as profile_id
    from identity.assignment as now
    semi join step.touched_record_id as touched on now.record_id = touched.record_id
)
select owner.profile_id as profile_id
from owner
anti join step.touched_profile_id as known on owner.profile_id = known.profile_id
