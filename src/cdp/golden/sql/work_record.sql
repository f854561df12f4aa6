-- grain: one source record that speaks of a person at work
-- key: profile_id
-- reads: temp.candidate, step.linked_relationship
-- writes: step.work_record
select distinct
    profile_id,
    record_id
from temp.candidate
where entity_type = 'person' and attribute = 'company'
union
select
    profile_id,
    from_record_id as record_id
from step.linked_relationship
where entity_type = 'person' and kind = 'contact_of'
