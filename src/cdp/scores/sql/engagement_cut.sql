-- grain: one score, entity type and comparison group: the worth at which its hundredths end
-- key: global
-- reads: gold.feature, step.engagement_raw
-- broadcast: step.engagement_definition
-- writes: step.engagement_cut
with total as (
    select
        profile_id,
        score,
        comparison,
        sum(raw) as raw
    from step.engagement_raw
    group by profile_id, score, comparison
),

member as (
    select
        t.score,
        f.entity_type,
        d.least_peers,
        t.comparison,
        t.raw
    from total as t
    inner join gold.feature as f
        on f.profile_id = t.profile_id
    inner join step.engagement_definition as d
        on d.score = t.score
        and d.entity_type = f.entity_type
    where t.raw > 0
)

select
    score,
    entity_type,
    '' as comparison,
    quantile_disc(raw, [(n / 100)::decimal(3, 2) for n in range(1, 100)]) as cuts
from member
group by score, entity_type
union all
select
    score,
    entity_type,
    comparison,
    quantile_disc(raw, [(n / 100)::decimal(3, 2) for n in range(1, 100)]) as cuts
from member
where comparison <> ''
group by score, entity_type, comparison
-- among too few a place says nothing: they are compared with everybody
having count(*) >= any_value(least_peers)
