-- grain: one party with an address of a domain that tells another organisation than before
-- key: global
-- reads: step.mail_domain, step.mail_domain_before, gold.identifier, step.touched_profile_id
-- writes: step.touched_profile_id
with changed as (
    select distinct domain
    from (
        (from step.mail_domain except from step.mail_domain_before)
        union all
        (from step.mail_domain_before except from step.mail_domain)
    )
),

holder as (
    select distinct identifier.profile_id as profile_id
    from gold.identifier as identifier
    inner join changed on split_part(identifier.value, '@', 2) = changed.domain
    where identifier.kind = 'email'
)

select holder.profile_id as profile_id
from holder
anti join step.touched_profile_id as known on holder.profile_id = known.profile_id
