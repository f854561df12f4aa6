-- grain: one golden value before the trial
-- key: profile_id
-- reads: gold.attribute
-- writes: step.plan_attribute
select
    profile_id,
    attribute,
    value
from gold.attribute
