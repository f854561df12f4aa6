-- grain: one change of one id
-- key: global
-- reads: step.ids_change, step.ids_profile
-- params: run_id, at
-- writes: identity.history
select
    change.profile_id as profile_id,
    $run_id::bigint as run_id,
    change.event as event,
    change.other_id as other_id,
    profile.records as records,
    $at::timestamp as at,
    change.reason as reason
from step.ids_change as change
inner join step.ids_profile as profile on change.profile_id = profile.profile_id
order by
    change.profile_id,
    change.event,
    change.other_id
