-- grain: one source record of one touched profile
-- key: global
-- reads: gold.source_record, step.touched_profile_id
-- writes: temp.profile_record
select record.record_id as record_id
from gold.source_record as record
semi join step.touched_profile_id as touched on record.profile_id = touched.profile_id
