-- grain: one relationship of silver whose beginning has an id; record_id is now its other end
-- key: record_id
-- reads: silver.relationship, gold.source_record
-- writes: step.linked_relationship
select
    r.other_record_id as record_id,
    r.record_id as from_record_id,
    s.profile_id,
    s.entity_type,
    r.kind,
    r.attributes,
    r.valid_from,
    r.valid_to
from silver.relationship as r
inner join gold.source_record as s on s.record_id = r.record_id
