-- grain: one interaction of one party; twice where it is a person's and an organisation's
-- key: global
-- reads: gold.interaction
-- writes: temp.overview_action
-- A mere projection from the keys of persons and of organisations to one.
select
    profile_id,
    interaction_id,
    record_id,
    occurred_at,
    channel,
    type,
    subject,
    properties
from gold.interaction
where profile_id is not null
union all
select
    account_id as profile_id,
    interaction_id,
    record_id,
    occurred_at,
    channel,
    type,
    subject,
    properties
from gold.interaction
where account_id is distinct from profile_id
    and account_id is not null
