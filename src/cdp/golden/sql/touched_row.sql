-- grain: one profile that owns, or owned, a row that is another than before
-- key: global
-- reads: step.owner_before, step.owner_now, step.touched_profile_id
-- writes: step.touched_profile_id
with changed as (
    (from step.owner_before except from step.owner_now)
    union all
    (from step.owner_now except from step.owner_before)
),

owner as (
    select one as profile_id from changed
    union
    select other as profile_id from changed
)

select owner.profile_id as profile_id
from owner
anti join step.touched_profile_id as known on owner.profile_id = known.profile_id
where owner.profile_id is not null
