-- grain: one profile that is a seed or could be like one, with what it is compared by
-- key: global
-- reads: gold.feature, gold.profile, gold.account, gold.segment_member
-- params: segment, entity, folds, sample, seed, as_of
-- writes: temp.analysis_likeness
with known as (
    select
        f.profile_id,
        s.profile_id is not null as is_seed,
        md5_number_lower(concat($seed::varchar, ':', f.profile_id)) as drawn,
        f.orders,
        f.orders_365d,
        f.revenue::double as revenue,
        f.revenue_365d::double as revenue_365d,
        f.average_basket::double as average_basket,
        f.recency_days,
        f.tenure_days,
        f.open_carts,
        f.interactions_30d,
        f.interactions_90d,
        f.emails_opened_90d,
        f.emails_clicked_90d,
        f.web_views_30d,
        date_sub('day', f.last_interaction_at, $as_of::timestamp) as interaction_recency_days,
        f.preferred_channel,
        lower(f.top_interest) as top_interest,
        coalesce(p.country, a.country) as country
    from gold.feature as f
    left join gold.profile as p
        on p.profile_id = f.profile_id
    left join gold.account as a
        on a.account_id = f.profile_id
    left join (from gold.segment_member where segment = $segment) as s
        on s.profile_id = f.profile_id
    where f.entity_type = $entity
)

select
    * exclude (drawn),
    (drawn % $folds::integer)::integer as fold,
    -- who a model is learned from and tried on: as many as fit into memory, whoever comes when
    row_number() over (partition by is_seed order by drawn, profile_id)
    <= $sample::bigint as is_sample
from known
