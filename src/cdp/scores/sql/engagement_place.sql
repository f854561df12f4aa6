-- grain: one profile that one score counts something of, and its place among the others
-- key: profile_id
-- reads: gold.feature, step.engagement_raw
-- broadcast: step.engagement_definition, step.engagement_cut
-- writes: step.engagement_place
with total as (
    select
        profile_id,
        score,
        comparison,
        sum(raw) as raw,
        string_agg(
            format('{}: {}, last on {}', replace(event, '_', ' '), times, strftime(last_at, '%Y-%m-%d')),
            '; ' order by raw desc, event
        ) as did
    from step.engagement_raw
    group by profile_id, score, comparison
)

select
    t.profile_id,
    t.score,
    coalesce(g.comparison, '') as comparison,
    t.did,
    1 + len([c for c in coalesce(g.cuts, w.cuts) if t.raw > c]) as place
from total as t
inner join gold.feature as f
    on f.profile_id = t.profile_id
inner join step.engagement_definition as d
    on d.score = t.score
    and d.entity_type = f.entity_type
inner join step.engagement_cut as w
    on w.score = t.score
    and w.entity_type = f.entity_type
    and w.comparison = ''
left join step.engagement_cut as g
    on g.score = t.score
    and g.entity_type = f.entity_type
    and g.comparison = t.comparison
where t.raw > 0
