-- grain: one organisation that a touched person was or is a contact of
-- key: global
-- reads: step.engagement_contact, step.touched_profile_id, step.touched_account_id
-- writes: step.touched_account_id
select distinct
    account_id
from step.engagement_contact
where profile_id in (select profile_id from step.touched_profile_id)
    and account_id not in (select account_id from step.touched_account_id)
