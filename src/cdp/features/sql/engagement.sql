-- grain: how one profile engaged up to the moment
-- key: profile_id
-- reads: temp.feature_interaction
-- params: as_of
-- writes: temp.feature_engagement
with aged as (
    select
        profile_id,
        type,
        occurred_at,
        occurred_at > $as_of::timestamp - interval 30 days as in_30d,
        occurred_at > $as_of::timestamp - interval 90 days as in_90d
    from temp.feature_interaction
    where occurred_at <= $as_of
)

select
    profile_id,
    count(*) filter (where in_30d) as interactions_30d,
    count(*) filter (where in_90d) as interactions_90d,
    count(*) filter (where in_90d and type = 'email_opened') as emails_opened_90d,
    count(*) filter (where in_90d and type = 'email_clicked') as emails_clicked_90d,
    count(*) filter (where in_30d and type in ('page_viewed', 'product_viewed')) as web_views_30d,
    max(occurred_at) as last_interaction_at
from aged
group by profile_id
