-- grain: one id that was ever issued
-- key: global
-- reads: step.ids_profile
-- writes: identity.profile
select
    profile_id,
    entity_type,
    seed_record,
    ordinal,
    born_run,
    status
from step.ids_profile
order by profile_id
