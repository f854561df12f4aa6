-- grain: one retired id and the id that survives it
-- key: global
-- reads: identity.alias, step.ids_retired
-- params: run_id
-- writes: step.ids_alias
-- An older alias of an id that is merged away now is led on, so that one step always suffices.
select
    alias.retired_id as retired_id,
    coalesce(retired.profile_id, alias.profile_id) as profile_id,
    alias.run_id as run_id
from identity.alias as alias
left join step.ids_retired as retired on alias.profile_id = retired.retired_id
union all by name
select
    retired_id,
    profile_id,
    $run_id::bigint as run_id
from step.ids_retired
