-- grain: one person, visitor, organisation or group; the id of either is called profile_id
-- key: global
-- reads: gold.profile, gold.account
-- writes: temp.feature_owner
-- A mere projection from the keys of persons and of organisations to one.
select
    profile_id,
    profile_type as entity_type
from gold.profile
union all
select
    account_id as profile_id,
    account_type as entity_type
from gold.account
