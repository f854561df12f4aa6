-- grain: what one party did on web sites and in apps, as of the moment
-- key: profile_id
-- reads: temp.overview_action, temp.overview_visitor
-- broadcast: step.overview_catalogue
-- params: as_of
-- writes: gold.browsing
-- A visit is what was done with less than half an hour in between.
with action as not materialized (
    select
        profile_id,
        interaction_id,
        record_id,
        occurred_at,
        type,
        subject,
        properties
    from temp.overview_action
    where channel in ('web', 'app', 'shop')
        and occurred_at <= $as_of::timestamp
        -- what we sent there is nobody's doing
        and not regexp_matches(type, '_(sent|delivered|bounced)$')
),

recent as (
    select
        a.profile_id,
        a.type,
        v.record_id is not null as is_anonymous,
        coalesce(
            a.occurred_at - lag(a.occurred_at) over (
                partition by a.profile_id
                order by a.occurred_at
            ) > interval 30 minutes,
            true
        ) as begins_visit
    from action as a
    left join temp.overview_visitor as v
        on v.profile_id = a.profile_id
        and v.record_id = a.record_id
    where a.occurred_at > $as_of::timestamp - interval 30 days
),

counted as (
    select
        profile_id,
        count(*) as actions_30d,
        count(*) filter (where is_anonymous) as anonymous_30d,
        count(*) filter (where begins_visit) as visits_30d,
        count(*) filter (where type in ('page_viewed', 'screen_viewed')) as pages_30d,
        count(*) filter (where type = 'product_viewed') as products_30d,
        count(*) filter (where type = 'products_searched') as searches_30d,
        count(*) filter (where type in ('cart_added', 'cart_removed')) as cart_changes_30d
    from recent
    group by profile_id
),

looked as (
    select
        profile_id,
        subject,
        count(*) as times,
        max(occurred_at) as last_seen_at,
        arg_max(properties, (occurred_at, interaction_id)) as properties
    from action
    where type = 'product_viewed'
        and subject is not null
        and occurred_at > $as_of::timestamp - interval 180 days
    group by profile_id, subject
),

named as (
    select
        l.profile_id,
        l.subject as product_id,
        coalesce(c.name, l.properties ->> '$.name') as product,
        coalesce(c.category, l.properties ->> '$.category') as category,
        l.times,
        l.last_seen_at,
        row_number() over (
            partition by l.profile_id
            order by l.last_seen_at desc, l.subject
        ) as place
    from looked as l
    left join step.overview_catalogue as c
        on c.number = l.subject
),

product as (
    select
        profile_id,
        to_json(list({
            'product_id': product_id,
            'product': product,
            'category': category,
            'times': times,
            'last_seen_at': strftime(last_seen_at, '%Y-%m-%dT%H:%M:%SZ')
        } order by place)) as products
    from named
    where place <= 10
    group by profile_id
),

liked as (
    select
        profile_id,
        category,
        sum(times)::bigint as times,
        max(last_seen_at) as last_seen_at,
        row_number() over (
            partition by profile_id
            order by sum(times) desc, max(last_seen_at) desc, category
        ) as place
    from named
    where category is not null
    group by profile_id, category
),

category as (
    select
        profile_id,
        to_json(list({
            'category': category,
            'times': times,
            'last_seen_at': strftime(last_seen_at, '%Y-%m-%dT%H:%M:%SZ')
        } order by place)) as categories
    from liked
    where place <= 5
    group by profile_id
),

searched as (
    select
        profile_id,
        occurred_at,
        -- the address of a page of results is no words
        coalesce(
            properties ->> '$.query',
            case when not regexp_matches(subject, '^([A-Za-z][A-Za-z0-9+.-]*:/)?/') then subject end
        ) as query
    from action
    where type = 'products_searched'
        and occurred_at > $as_of::timestamp - interval 180 days
),

asked as (
    select
        profile_id,
        query,
        max(occurred_at) as last_asked_at
    from searched
    where query is not null
    group by profile_id, query
),

placed as (
    select
        profile_id,
        query,
        last_asked_at,
        row_number() over (partition by profile_id order by last_asked_at desc, query) as place
    from asked
),

search as (
    select
        profile_id,
        to_json(list({
            'query': query,
            'last_asked_at': strftime(last_asked_at, '%Y-%m-%dT%H:%M:%SZ')
        } order by place)) as searches
    from placed
    where place <= 5
    group by profile_id
),

visited as (
    select
        profile_id,
        max(occurred_at) as last_visit_at
    from action
    group by profile_id
)

select
    v.profile_id,
    $as_of::timestamp as as_of,
    v.last_visit_at,
    coalesce(n.visits_30d, 0) as visits_30d,
    coalesce(n.actions_30d, 0) as actions_30d,
    coalesce(n.anonymous_30d, 0) as anonymous_30d,
    coalesce(n.pages_30d, 0) as pages_30d,
    coalesce(n.products_30d, 0) as products_30d,
    coalesce(n.searches_30d, 0) as searches_30d,
    coalesce(n.cart_changes_30d, 0) as cart_changes_30d,
    coalesce(p.products, '[]'::json) as products,
    coalesce(c.categories, '[]'::json) as categories,
    coalesce(s.searches, '[]'::json) as searches
from visited as v
left join counted as n on n.profile_id = v.profile_id
left join product as p on p.profile_id = v.profile_id
left join category as c on c.profile_id = v.profile_id
left join search as s on s.profile_id = v.profile_id
