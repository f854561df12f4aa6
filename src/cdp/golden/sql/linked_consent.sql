-- grain: one statement of permission by one source record, or given here for it, with its profile
-- key: record_id
-- reads: silver.consent, step.given_consent, gold.source_record
-- writes: step.linked_consent
with said as (
    select * from silver.consent
    union all by name
    select * from step.given_consent
)

select
    s.record_id,
    s.profile_id,
    c.consent_id,
    c.contact_kind,
    coalesce(c.contact_value, '*') as contact_value,
    c.channel,
    c.purpose,
    c.category,
    c.state,
    c.given_at,
    c.provable,
    c.proof,
    c.source
from said as c
inner join gold.source_record as s on s.record_id = c.record_id
