-- grain: one retired id and the id that survives it
-- key: global
-- reads: step.ids_alias
-- writes: identity.alias
select
    retired_id,
    profile_id,
    run_id
from step.ids_alias
order by retired_id
