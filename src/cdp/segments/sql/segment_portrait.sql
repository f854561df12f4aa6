-- grain: one value of one dimension, with how many of a segment and of everybody have it
-- key: global
-- reads: temp.segment_chosen, gold.profile, gold.account, gold.feature, gold.score, gold.enrichment
-- params: entity, as_of
-- writes: temp.segment_portrait
with spoken as (
    select
        profile_id,
        min(value) as language
    from gold.enrichment
    where attribute = 'language'
    group by profile_id
),

everybody as (
    select
        p.profile_id,
        p.country,
        coalesce(p.language, s.language) as language,
        p.gender,
        p.region,
        null as industry,
        date_diff('year', p.birth_date, $as_of::date) as age
    from gold.profile as p
    left join spoken as s
        on s.profile_id = p.profile_id
    where p.profile_type = $entity
    union all
    select
        account_id as profile_id,
        country,
        null as language,
        null as gender,
        region,
        industry,
        null as age
    from gold.account
    where account_type = $entity
),

known as (
    select
        e.profile_id,
        e.country,
        e.language,
        e.gender,
        e.region,
        e.industry,
        e.age,
        f.orders,
        f.recency_days,
        f.revenue_365d,
        f.top_interest,
        c.profile_id is not null as is_member
    from everybody as e
    left join gold.feature as f
        on f.profile_id = e.profile_id
    left join temp.segment_chosen as c
        on c.profile_id = e.profile_id
),

told as (
    select
        is_member,
        'country' as dimension,
        coalesce(country, 'unknown') as value
    from known
    union all
    select
        is_member,
        'language' as dimension,
        coalesce(language, 'unknown') as value
    from known
    union all
    select
        is_member,
        'gender' as dimension,
        coalesce(gender, 'unknown') as value
    from known
    union all
    select
        is_member,
        'region' as dimension,
        coalesce(region, 'unknown') as value
    from known
    union all
    select
        is_member,
        'industry' as dimension,
        industry as value
    from known
    where industry is not null
    union all
    select
        is_member,
        'age' as dimension,
        case
            when age is null or age > 115 then 'unknown'
            when age < 18 then 'under 18'
            when age < 25 then '18 to 24'
            when age < 35 then '25 to 34'
            when age < 45 then '35 to 44'
            when age < 55 then '45 to 54'
            when age < 65 then '55 to 64'
            else '65 and over'
        end as value
    from known
    union all
    select
        is_member,
        'orders' as dimension,
        case
            when coalesce(orders, 0) = 0 then 'none'
            when orders = 1 then '1'
            when orders < 5 then '2 to 4'
            when orders < 10 then '5 to 9'
            else '10 and more'
        end as value
    from known
    union all
    select
        is_member,
        'recency' as dimension,
        case
            when recency_days is null then 'never bought'
            when recency_days <= 30 then 'to 30 days'
            when recency_days <= 90 then '31 to 90 days'
            when recency_days <= 180 then '91 to 180 days'
            when recency_days <= 365 then '181 to 365 days'
            else 'over a year'
        end as value
    from known
    union all
    select
        is_member,
        'revenue of a year' as dimension,
        case
            when coalesce(revenue_365d, 0) <= 0 then 'none'
            when revenue_365d < 50 then 'under 50'
            when revenue_365d < 100 then '50 to 100'
            when revenue_365d < 250 then '100 to 250'
            when revenue_365d < 500 then '250 to 500'
            when revenue_365d < 1000 then '500 to 1,000'
            else '1,000 and more'
        end as value
    from known
    union all
    select
        is_member,
        'top interest' as dimension,
        coalesce(top_interest, 'unknown') as value
    from known
    union all
    select
        k.is_member,
        concat('score ', s.score) as dimension,
        coalesce(s.band, 'no band') as value
    from known as k
    join gold.score as s
        on s.profile_id = k.profile_id
)

select
    dimension,
    value,
    count(*) filter (is_member) as members,
    count(*) as everybody
from told
group by
    dimension,
    value
order by
    dimension,
    everybody desc,
    value
