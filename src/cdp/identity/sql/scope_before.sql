-- grain: one record of the scope and the profile it was in
-- key: global
-- reads: identity.assignment, step.scope
-- writes: step.scope_before
select
    assignment.record_id as record_id,
    assignment.profile_id as profile_id,
    assignment.live as live
from identity.assignment as assignment
semi join step.scope as scope on assignment.record_id = scope.record_id
