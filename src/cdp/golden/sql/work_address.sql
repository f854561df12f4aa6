-- grain: one address of an organisation
-- key: profile_id
-- reads: temp.candidate
-- writes: step.work_address
select
    profile_id,
    record_id,
    value::json ->> '$.street' as street,
    value::json ->> '$.house_number' as house_number,
    coalesce(value::json ->> '$.postcode', value::json ->> '$.city') as place
from temp.candidate
where
    entity_type = 'organisation'
    and attribute = 'address'
    and value::json ->> '$.street' is not null
