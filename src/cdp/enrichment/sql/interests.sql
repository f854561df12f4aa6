-- grain: what one person or visitor is interested in
-- key: profile_id
-- reads: step.action, step.enriched_party
-- broadcast: gold.product
-- params: as_of
-- writes: gold.enrichment
with category as (
    -- a product is told by its name, or by the number it has in its source
    select
        name,
        min(category) as category
    from (
        select name, category from gold.product
        union all
        select product_id[length(source) + 2:] as name, category from gold.product
    )
    where category is not null
    group by name
),

topic as (
    select
        a.profile_id,
        coalesce(c.category, a.subject) as topic
    from step.action as a
    left join category as c on c.name = a.subject
    where
        a.happened_at > $as_of::timestamp - interval 180 days
        and a.subject is not null
        -- an address on the web, or the name of the event itself, is no topic
        and not regexp_matches(a.subject, '^(https?:|/)')
        and regexp_replace(lower(a.subject), '[^a-z]', '', 'g')
        <> regexp_replace(lower(a.type), '[^a-z]', '', 'g')
),

times as (
    select
        profile_id,
        topic,
        count(*) as actions
    from topic
    group by profile_id, topic
),

ranked as (
    select
        profile_id,
        topic,
        actions,
        sum(actions) over (partition by profile_id) as every,
        row_number() over (partition by profile_id order by actions desc, topic) as place
    from times
)

select
    r.profile_id,
    p.entity_type,
    'interests' as attribute,
    string_agg(r.topic, '; ' order by r.place) as value,
    max((r.actions + 1) / (r.every + 2))::double as confidence,
    'behaviour' as method,
    to_json(list({'topic': r.topic, 'actions': r.actions} order by r.place)) as evidence
from ranked as r
inner join step.enriched_party as p on p.profile_id = r.profile_id
where r.place <= 5
group by r.profile_id, p.entity_type
