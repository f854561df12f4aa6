-- grain: one source record of an organisation or group
-- key: record_id
-- reads: step.party
-- writes: step.account_record
select
    record_id,
    account_id
from step.party
where account_id is not null
