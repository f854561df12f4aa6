-- grain: one score of one profile
-- key: profile_id
-- reads: step.score_point, step.score_detail
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

judged as (
    select
        t.profile_id,
        t.score,
        t.value,
        t.reasons,
        d.method,
        d.version,
        d.status,
        d.reasons as refusal,
        d.model_version,
        d.trained_at,
        if(d.status = 'published', t.value, null) as told
    from total as t
    inner join step.score_definition as d
        on d.score = t.score
),

banded as (
    select
        j.profile_id,
        j.score,
        b.band
    from judged as j
    inner join step.score_band as b
        on b.score = j.score
        and b.at_least <= j.told
    qualify row_number() over (partition by j.profile_id, j.score order by b.at_least desc) = 1
)

select
    j.profile_id,
    j.score,
    j.told as value,
    if(j.status in ('published', 'ranking_only'), e.detail ->> '$.currency', null) as currency,
    b.band,
    e.decile,
    j.status,
    $as_of::timestamp as as_of,
    j.method,
    j.version,
    j.model_version,
    j.trained_at,
    case j.status
        when 'published' then to_json(j.reasons)
        -- a rank has reasons, but no unit that they could add up in
        when 'ranking_only'
            then to_json([{'because': r.because, 'points': 0.0::double} for r in j.reasons])
        else to_json([{'because': r, 'points': 0.0::double} for r in j.refusal])
    end as explanation,
    case
        when j.status in ('published', 'ranking_only') then e.detail
        else to_json(
            {'instead': {'method': 'rfm', 'value': j.value, 'explanation': j.reasons}}
        )
    end as detail
from judged as j
left join banded as b
    on b.profile_id = j.profile_id
    and b.score = j.score
left join step.score_detail as e
    on e.profile_id = j.profile_id
    and e.score = j.score
