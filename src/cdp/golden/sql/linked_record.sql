-- grain: one source record with its profile
-- key: record_id
-- reads: silver.record, gold.source_record
-- writes: step.linked_record
select
    s.record_id,
    s.profile_id,
    s.entity_type,
    s.source,
    r.created_at,
    r.changed_at,
    r.custom
from gold.source_record as s
inner join silver.record as r on r.record_id = s.record_id
