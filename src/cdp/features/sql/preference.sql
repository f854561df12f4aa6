-- grain: what one profile turned to most in the 180 days before the moment
-- key: profile_id
-- reads: step.feature_interaction
-- params: as_of
-- writes: step.feature_preference
with recent as (
    select
        profile_id,
        channel,
        subject
    from step.feature_interaction
    where occurred_at > $as_of::timestamp - interval 180 days
),

channel_count as (
    select
        profile_id,
        channel,
        count(*) as times
    from recent
    group by profile_id, channel
),

subject_count as (
    select
        profile_id,
        subject,
        count(*) as times
    from recent
    where subject is not null
    group by profile_id, subject
),

favourite_channel as (
    select
        profile_id,
        channel
    from channel_count
    qualify row_number() over (partition by profile_id order by times desc, channel) = 1
),

favourite_subject as (
    select
        profile_id,
        subject
    from subject_count
    qualify row_number() over (partition by profile_id order by times desc, subject) = 1
)

select
    c.profile_id,
    c.channel as preferred_channel,
    s.subject as top_interest
from favourite_channel as c
left join favourite_subject as s
    on s.profile_id = c.profile_id
