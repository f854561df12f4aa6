-- grain: one organisation that a touched person was or is an active contact of
-- key: global
-- reads: step.active_contact, step.touched_profile_id
-- writes: step.touched_profile_id
select distinct
    account_id as profile_id
from step.active_contact
where profile_id in (select profile_id from step.touched_profile_id)
    and account_id not in (select profile_id from step.touched_profile_id)
