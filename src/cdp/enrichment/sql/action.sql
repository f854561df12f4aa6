-- grain: one thing that one person or visitor did of its own accord in the last 365 days
-- key: profile_id
-- reads: gold.interaction, gold.order
-- params: as_of
-- writes: step.action
select
    profile_id,
    occurred_at as happened_at,
    channel,
    type,
    subject
from gold.interaction
where
    profile_id is not null
    and occurred_at <= $as_of::timestamp
    and occurred_at > $as_of::timestamp - interval 365 days
    -- what was sent to somebody, or failed to reach it, is no action
    and not regexp_matches(type, '(sent|delivered|bounced|unsubscribed)$')
union all
select
    profile_id,
    ordered_at as happened_at,
    channel,
    'ordered' as type,
    null as subject
from gold.order
where
    profile_id is not null
    and duplicate_of is null
    and status <> 'cancelled'
    and ordered_at <= $as_of::timestamp
    and ordered_at > $as_of::timestamp - interval 365 days
