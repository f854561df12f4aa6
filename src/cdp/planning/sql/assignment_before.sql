-- grain: one record that is delivered, with its profile before the trial
-- key: record_id
-- reads: identity.assignment
-- writes: step.plan_assignment
select
    record_id,
    profile_id,
    entity_type
from identity.assignment
where live
