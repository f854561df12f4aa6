-- grain: one permission in force before the trial
-- key: profile_id
-- reads: gold.consent
-- writes: step.plan_consent
select
    profile_id,
    channel,
    contact_value,
    purpose,
    category,
    state
from gold.consent
