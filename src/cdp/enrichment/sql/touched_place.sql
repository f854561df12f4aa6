-- grain: one party with a telephone number whose beginning tells another place than before
-- key: global
-- reads: step.phone_place, step.phone_place_before, gold.identifier, step.touched_profile_id
-- writes: step.touched_profile_id
with moved as (
    select prefix
    from (
        (from step.phone_place except from step.phone_place_before)
        union all
        (from step.phone_place_before except from step.phone_place)
    )
),

holder as (
    select distinct identifier.profile_id as profile_id
    from gold.identifier as identifier
    semi join moved on left(identifier.value, 8) = moved.prefix
    where identifier.kind = 'phone'
)

select holder.profile_id as profile_id
from holder
anti join step.touched_profile_id as known on holder.profile_id = known.profile_id
