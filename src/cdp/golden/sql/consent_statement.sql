-- grain: one statement of permission that counts for one profile
-- key: profile_id
-- reads: step.linked_consent, gold.identifier
-- broadcast: step.contact_statement
-- writes: step.consent_statement
select
    profile_id,
    consent_id,
    record_id,
    contact_kind,
    contact_value,
    channel,
    purpose,
    category,
    state,
    given_at,
    provable,
    proof,
    source
from step.linked_consent
union
select
    i.profile_id,
    c.consent_id,
    c.record_id,
    c.contact_kind,
    c.contact_value,
    c.channel,
    c.purpose,
    c.category,
    c.state,
    c.given_at,
    c.provable,
    c.proof,
    c.source
from gold.identifier as i
inner join step.contact_statement as c
    on c.contact_kind = i.kind and c.contact_value = i.value
-- a permission for a placeholder or a switchboard permits nobody in particular
where not i.blocked or c.state <> 'granted'
