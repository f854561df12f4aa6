-- grain: one reaction of one organisation up to the moment
-- key: account_id
-- reads: gold.interaction
-- params: as_of
-- writes: step.feature_interaction
select
    account_id,
    account_id as profile_id,
    interaction_id,
    occurred_at,
    channel,
    type,
    subject
from gold.interaction
where account_id is not null
    and occurred_at <= $as_of
    -- what we sent is no reaction to it
    and type <> 'email_sent'
