-- grain: one organisation or group; its id is also the profile_id that later statements are keyed by
-- key: account_id
-- reads: gold.account
-- writes: step.feature_owner
select
    account_id,
    account_id as profile_id,
    account_type as entity_type
from gold.account
