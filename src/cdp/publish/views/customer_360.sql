-- grain: one person or anonymous visitor
with score_map as (
    select
        profile_id,
        map(list(score order by score), list(value order by score)) as scores
    from gold.score
    group by profile_id
),
segment_list as (
    select
        profile_id,
        list(segment order by segment) as segments
    from gold.segment_member
    group by profile_id
),
permission as (
    select
        profile_id,
        channel,
        case
            when bool_or(state = 'denied') then 'denied'
            when bool_or(state = 'pending') then 'pending'
            else 'granted'
        end as state
    from gold.consent
    where purpose = 'marketing'
        and (best or contact_value = '*')
    group by
        profile_id,
        channel
)
select
    profile.profile_id,
    profile.profile_type,
    profile.full_name,
    profile.title,
    profile.given_name,
    profile.middle_name,
    profile.family_name,
    profile.gender,
    profile.birth_date,
    profile.language,
    profile.email,
    profile.phone,
    profile.street,
    profile.house_number,
    profile.postcode,
    profile.city,
    profile.state,
    profile.country,
    profile.company,
    profile.job_title,
    profile.account_id,
    profile.status,
    profile.region,
    profile.record_count,
    profile.source_count,
    profile.sources,
    profile.first_seen_at,
    profile.last_seen_at,
    profile.custom,
    account.name as account_name,
    home.household_id,
    email_permission.state as email_marketing,
    phone_permission.state as phone_marketing,
    feature.as_of,
    feature.currency,
    coalesce(feature.orders, 0)::bigint as orders,
    coalesce(feature.orders_365d, 0)::bigint as orders_365d,
    coalesce(feature.revenue, 0)::decimal(18, 2) as revenue,
    coalesce(feature.revenue_365d, 0)::decimal(18, 2) as revenue_365d,
    feature.average_basket,
    feature.first_order_at,
    feature.last_order_at,
    feature.recency_days,
    feature.tenure_days,
    coalesce(feature.open_carts, 0)::bigint as open_carts,
    coalesce(feature.interactions_30d, 0)::bigint as interactions_30d,
    coalesce(feature.interactions_90d, 0)::bigint as interactions_90d,
    feature.last_interaction_at,
    feature.preferred_channel,
    feature.top_interest,
    coalesce(score_map.scores, map()::map(varchar, double)) as scores,
    coalesce(segment_list.segments, []::varchar[]) as segments
from gold.profile as profile
left join gold.account as account
    on account.account_id = profile.account_id
left join gold.household_member as home
    on home.profile_id = profile.profile_id
left join permission as email_permission
    on email_permission.profile_id = profile.profile_id
    and email_permission.channel = 'email'
left join permission as phone_permission
    on phone_permission.profile_id = profile.profile_id
    and phone_permission.channel = 'phone'
left join gold.feature as feature
    on feature.profile_id = profile.profile_id
left join score_map
    on score_map.profile_id = profile.profile_id
left join segment_list
    on segment_list.profile_id = profile.profile_id
