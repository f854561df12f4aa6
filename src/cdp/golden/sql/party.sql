-- grain: one source record with the id of its person or visitor, or of its organisation or group
-- key: record_id
-- reads: gold.source_record
-- writes: step.party
select
    record_id,
    case when entity_type not in ('organisation', 'group') then profile_id end as person_id,
    case when entity_type in ('organisation', 'group') then profile_id end as account_id
from gold.source_record
