-- grain: one statement of permission for one contact point
-- key: global
-- reads: temp.canonical_statement
-- writes: silver.consent
-- A mere projection from the key of the statement (record_id in step) to that of its party.
select
    consent_id,
    party_id as record_id,
    source,
    contact_kind,
    contact_value,
    channel,
    purpose,
    category,
    state,
    given_at,
    provable,
    proof
from temp.canonical_statement
