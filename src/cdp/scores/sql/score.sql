-- grain: one score of one profile
-- key: profile_id
-- reads: step.score_point
-- broadcast: step.score_definition, step.score_band
-- params: as_of
-- writes: gold.score
with total as (
    select
        profile_id,
        score,
        sum(points)::double as value,
        coalesce(
            list({'because': because, 'points': points::double} order by points desc, because)
                filter (where because is not null and points <> 0),
            []
        ) as reasons
    from step.score_point
    group by profile_id, score
),

banded as (
    select
        t.profile_id,
        t.score,
        b.band
    from total as t
    inner join step.score_band as b
        on b.score = t.score
        and b.at_least <= t.value
    qualify row_number() over (partition by t.profile_id, t.score order by b.at_least desc) = 1
)

select
    t.profile_id,
    t.score,
    t.value,
    b.band,
    $as_of::timestamp as as_of,
    d.method,
    d.version,
    to_json(t.reasons) as explanation
from total as t
inner join step.score_definition as d
    on d.score = t.score
left join banded as b
    on b.profile_id = t.profile_id
    and b.score = t.score
