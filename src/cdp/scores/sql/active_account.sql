-- grain: one organisation with active contacts
-- key: account_id
-- reads: step.active_contact
-- writes: step.active_account
select
    account_id,
    account_id as profile_id,
    score,
    count(*) as contacts,
    max(last_at) as last_at
from step.active_contact
group by account_id, score
