-- grain: one relationship of silver with the ids of both ends
-- key: record_id
-- reads: step.linked_relationship, gold.source_record
-- writes: step.related
select
    r.record_id,
    r.from_record_id,
    r.profile_id,
    r.entity_type,
    s.profile_id as other_id,
    s.entity_type as other_type,
    r.kind,
    r.attributes,
    r.valid_from,
    r.valid_to
from step.linked_relationship as r
inner join gold.source_record as s on s.record_id = r.record_id
where s.profile_id <> r.profile_id
