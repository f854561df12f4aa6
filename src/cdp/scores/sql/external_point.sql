-- grain: one score of another system that is a number within its bounds
-- key: profile_id
-- reads: step.external_value
-- broadcast: step.external_definition
-- writes: step.score_point
with number as (
    select
        profile_id,
        score,
        told,
        try_cast(told as double) as told_number
    from step.external_value
)

select distinct
    n.profile_id,
    n.score,
    format('{} says {}', d.source, n.told) as because,
    (n.told_number * d.times)::decimal(18, 2) as points
from number as n
inner join step.external_definition as d
    on d.score = n.score
-- comparisons with a missing number or a missing bound are neither true nor false
where isfinite(n.told_number)
    and n.told_number >= coalesce(d.lowest, n.told_number)
    and n.told_number <= coalesce(d.highest, n.told_number)
