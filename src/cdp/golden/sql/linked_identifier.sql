-- grain: one identifier of one source record, with its profile
-- key: record_id
-- reads: silver.identifier, gold.source_record
-- writes: step.linked_identifier
select
    i.record_id,
    s.profile_id,
    s.entity_type,
    i.kind,
    i.value,
    i.seen_at,
    i.verified
from silver.identifier as i
inner join gold.source_record as s on s.record_id = i.record_id
