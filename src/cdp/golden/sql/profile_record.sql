-- grain: one source record of one profile
-- key: profile_id
-- reads: gold.source_record
-- writes: temp.profile_record
select
    profile_id,
    record_id
from gold.source_record
