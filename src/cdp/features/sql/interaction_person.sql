-- grain: one reaction of one person or visitor up to the moment
-- key: profile_id
-- reads: gold.interaction
-- params: as_of
-- writes: step.feature_interaction
select
    profile_id,
    null::varchar as account_id,
    interaction_id,
    occurred_at,
    channel,
    type,
    subject
from gold.interaction
where profile_id is not null
    and occurred_at <= $as_of
    -- what we sent is no reaction to it
    and type <> 'email_sent'
