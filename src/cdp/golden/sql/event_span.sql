-- grain: one person or visitor, from its first event to its last
-- key: profile_id
-- reads: gold.order, gold.cart, gold.quote, gold.interaction, gold.ticket, gold.lead, gold.opportunity, gold.activity
-- writes: temp.event_span
with moment as (
    select profile_id, ordered_at as happened_at from gold.order
    union all
    select profile_id, created_at as happened_at from gold.cart
    union all
    select profile_id, created_at as happened_at from gold.quote
    union all
    select profile_id, occurred_at as happened_at from gold.interaction
    union all
    select profile_id, created_at as happened_at from gold.ticket
    union all
    select profile_id, created_at as happened_at from gold.lead
    union all
    select profile_id, created_at as happened_at from gold.opportunity
    union all
    -- an appointment begins in the future, so it counts when it was entered
    select profile_id, changed_at as happened_at from gold.activity
)

select
    profile_id,
    min(happened_at) as first_at,
    max(happened_at) as last_at
from moment
where profile_id is not null
group by profile_id
