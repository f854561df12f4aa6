-- grain: one row: pairs that stewards decided on and the model scored, and those it agrees on
-- key: global
-- reads: identity.edge
-- writes: step.scorecard_agreement
select
    count(*) as decided,
    count(*) filter (where (match_weight > 0) = (decided_by = 'must_link')) as agreed
from identity.edge
where decided_by in ('must_link', 'cannot_link')
