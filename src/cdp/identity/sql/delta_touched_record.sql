-- grain: one record that was touched, or that belongs to another profile than before
-- key: global
-- reads: step.touched_record_id, step.scope, step.scope_before, identity.assignment
-- writes: step.delta_touched_record
select record_id from step.touched_record_id
union
select scope.record_id as record_id
from step.scope as scope
left join step.scope_before as before on scope.record_id = before.record_id
left join identity.assignment as after on scope.record_id = after.record_id
where
    after.profile_id is distinct from before.profile_id
    or after.live is distinct from before.live
