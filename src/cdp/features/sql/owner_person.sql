-- grain: one person or visitor
-- key: profile_id
-- reads: gold.profile
-- writes: step.feature_owner
select
    profile_id,
    null::varchar as account_id,
    profile_type as entity_type
from gold.profile
