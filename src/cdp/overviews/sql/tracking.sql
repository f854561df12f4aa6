-- grain: what came of messages to one party on one channel, as of the moment
-- key: profile_id
-- reads: temp.overview_action
-- params: as_of
-- writes: gold.tracking
with message as (
    select
        profile_id,
        channel,
        type[length(channel) + 2:] as happened,
        occurred_at,
        occurred_at > $as_of::timestamp - interval 30 days as in_30d,
        occurred_at > $as_of::timestamp - interval 90 days as in_90d
    from temp.overview_action
    -- what does not end so is of no message; told by the type alone, of which there are few
    where regexp_matches(type, '_(sent|delivered|opened|clicked|bounced|unsubscribed|complained)$')
        and occurred_at <= $as_of::timestamp
        and starts_with(type, channel || '_')
        -- what was held back was not sent
        and not ends_with(type, '_not_sent')
),

counted as (
    select
        profile_id,
        channel,
        count(*) filter (where in_30d and happened = 'sent') as sent_30d,
        count(*) filter (where in_90d and happened = 'sent') as sent_90d,
        count(*) filter (where in_30d and happened = 'opened') as opened_30d,
        count(*) filter (where in_90d and happened = 'opened') as opened_90d,
        count(*) filter (where in_90d and happened = 'machine_opened') as machine_opened_90d,
        count(*) filter (where in_30d and happened = 'clicked') as clicked_30d,
        count(*) filter (where in_90d and happened = 'clicked') as clicked_90d,
        count(*) filter (where in_30d and ends_with(happened, 'bounced')) as bounced_30d,
        count(*) filter (where in_90d and ends_with(happened, 'bounced')) as bounced_90d,
        count(*) filter (where in_30d and happened = 'unsubscribed') as unsubscribed_30d,
        count(*) filter (where in_90d and happened = 'unsubscribed') as unsubscribed_90d,
        count(*) filter (where in_90d and happened = 'complained') as complained_90d,
        max(occurred_at) filter (where happened = 'sent') as last_sent_at,
        max(occurred_at) filter (where happened = 'opened') as last_opened_at,
        max(occurred_at) filter (where happened = 'clicked') as last_clicked_at,
        max(occurred_at) filter (where ends_with(happened, 'bounced')) as last_bounced_at,
        max(occurred_at) filter (where happened = 'unsubscribed') as last_unsubscribed_at,
        max(occurred_at) filter (where happened = 'complained') as last_complained_at,
        max(occurred_at) filter (where happened in ('opened', 'clicked')) as last_engaged_at,
        max(occurred_at) filter (where happened = 'hard_bounced') as last_hard_bounced_at,
        max(occurred_at) filter (where happened in ('delivered', 'opened', 'clicked'))
            as last_arrived_at
    from message
    group by profile_id, channel
)

select
    profile_id,
    channel,
    $as_of::timestamp as as_of,
    sent_30d,
    sent_90d,
    opened_30d,
    opened_90d,
    machine_opened_90d,
    clicked_30d,
    clicked_90d,
    bounced_30d,
    bounced_90d,
    unsubscribed_30d,
    unsubscribed_90d,
    complained_90d,
    last_sent_at,
    last_opened_at,
    last_clicked_at,
    last_bounced_at,
    last_unsubscribed_at,
    last_complained_at,
    last_engaged_at,
    case
        when last_arrived_at is null or last_arrived_at < last_hard_bounced_at
            then last_hard_bounced_at
    end as unreachable_since
from counted
