-- grain: what one profile turned to most in the 180 days before the moment
-- key: profile_id
-- reads: temp.feature_interaction
-- params: as_of
-- writes: temp.feature_preference
with channel_count as (
    select
        profile_id,
        channel,
        count(*) as times
    from temp.feature_interaction
    where occurred_at <= $as_of
        and occurred_at > $as_of::timestamp - interval 180 days
    group by profile_id, channel
),

subject_count as (
    select
        profile_id,
        subject,
        count(*) as times
    from temp.feature_interaction
    where occurred_at <= $as_of
        and occurred_at > $as_of::timestamp - interval 180 days
        and subject is not null
    group by profile_id, subject
),

-- of those with as many the first in the alphabet
favourite_channel as (
    select
        profile_id,
        arg_min(channel, (-times, channel)) as preferred_channel
    from channel_count
    group by profile_id
),

favourite_subject as (
    select
        profile_id,
        arg_min(subject, (-times, subject)) as top_interest
    from subject_count
    group by profile_id
)

select
    c.profile_id,
    c.preferred_channel,
    s.top_interest
from favourite_channel as c
left join favourite_subject as s
    on s.profile_id = c.profile_id
