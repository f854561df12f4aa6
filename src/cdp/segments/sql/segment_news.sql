-- grain: one kind of news of one profile or account that came or went, since the last run
-- key: global
-- reads: step.segment_turned, gold.interaction, gold.order, gold.cart, gold.quote, gold.ticket, gold.lead, gold.opportunity, gold.activity, gold.consent, identity.history
-- params: since, heard, last_run
-- writes: step.segment_news
with happened as (
    select
        profile_id,
        account_id,
        'interaction' as kind
    from gold.interaction
    where received_at > $heard::timestamp
    union all
    select
        profile_id,
        account_id,
        'order' as kind
    from gold.order
    where coalesce(changed_at, ordered_at) > $since::timestamp
    union all
    select
        profile_id,
        account_id,
        'cart' as kind
    from gold.cart
    where changed_at > $since::timestamp
    union all
    select
        profile_id,
        account_id,
        'quote' as kind
    from gold.quote
    where coalesce(changed_at, created_at) > $since::timestamp
    union all
    select
        profile_id,
        account_id,
        'ticket' as kind
    from gold.ticket
    where coalesce(changed_at, created_at) > $since::timestamp
    union all
    select
        profile_id,
        account_id,
        'lead' as kind
    from gold.lead
    where coalesce(changed_at, created_at) > $since::timestamp
    union all
    select
        profile_id,
        account_id,
        'opportunity' as kind
    from gold.opportunity
    where coalesce(changed_at, created_at) > $since::timestamp
    union all
    select
        profile_id,
        account_id,
        'activity' as kind
    from gold.activity
    where coalesce(changed_at, starts_at) > $since::timestamp
),

told as (
    select
        profile_id,
        kind
    from happened
    union
    select
        account_id as profile_id,
        kind
    from happened
    union
    select
        profile_id,
        'consent' as kind
    from gold.consent
    where given_at > $since::timestamp
    union
    select
        profile_id,
        case
            when event in ('absorbed', 'merged_into') then 'merge'
            when event in ('split_off', 'split_from') then 'split'
            when event in ('born', 'revived') then 'new'
            else 'records'
        end as kind
    from identity.history
    where run_id > $last_run::bigint
)

select
    profile_id,
    kind
from told
where profile_id in (
    select profile_id
    from step.segment_turned
)
