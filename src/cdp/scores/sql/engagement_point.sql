-- grain: one profile that has one score of engagement, and what it did
-- key: profile_id
-- reads: gold.feature, step.engagement_place
-- broadcast: step.engagement_definition
-- writes: step.score_point
select
    f.profile_id,
    d.score,
    null::varchar as because,
    0::decimal(18, 2) as points
from gold.feature as f
inner join step.engagement_definition as d
    on d.entity_type = f.entity_type
union all
select
    profile_id,
    score,
    format(
        'in hundredth {} of those who did something{}, the 100th being the most engaged ({})',
        place,
        if(comparison = '', '', ' in ' || comparison),
        did
    ) as because,
    place::decimal(18, 2) as points
from step.engagement_place
