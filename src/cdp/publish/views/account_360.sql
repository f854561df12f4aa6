-- grain: one organisation or group
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
contact as (
    select
        relationship.other_id as account_id,
        count(distinct relationship.profile_id) as contacts
    from gold.relationship as relationship
    semi join gold.profile as profile
        on profile.profile_id = relationship.profile_id
    group by relationship.other_id
)
select
    account.account_id,
    account.account_type,
    account.name,
    account.group_kind,
    account.email,
    account.phone,
    account.website,
    account.industry,
    account.tax_id,
    account.language,
    account.street,
    account.house_number,
    account.postcode,
    account.city,
    account.state,
    account.country,
    account.role,
    account.status,
    account.parent_account_id,
    account.region,
    account.record_count,
    account.source_count,
    account.sources,
    account.first_seen_at,
    account.last_seen_at,
    account.custom,
    parent.name as parent_name,
    company_group.group_id,
    coalesce(contact.contacts, 0)::bigint as contacts,
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
from gold.account as account
left join gold.company_group_member as company_group
    on company_group.account_id = account.account_id
left join gold.account as parent
    on parent.account_id = account.parent_account_id
left join contact
    on contact.account_id = account.account_id
left join gold.feature as feature
    on feature.profile_id = account.account_id
left join score_map
    on score_map.profile_id = account.account_id
left join segment_list
    on segment_list.profile_id = account.account_id
