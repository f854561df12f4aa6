-- grain: one profile that owns a contact point of which something else is said than before
-- key: global
-- reads: step.contact_statement, step.contact_statement_before, gold.identifier, step.touched_profile_id
-- writes: step.touched_profile_id
with changed as (
    select distinct
        contact_kind,
        contact_value
    from (
        (from step.contact_statement except from step.contact_statement_before)
        union all
        (from step.contact_statement_before except from step.contact_statement)
    )
),

owner as (
    select distinct identifier.profile_id as profile_id
    from gold.identifier as identifier
    inner join changed
        on identifier.kind = changed.contact_kind and identifier.value = changed.contact_value
)

select owner.profile_id as profile_id
from owner
anti join step.touched_profile_id as known on owner.profile_id = known.profile_id
