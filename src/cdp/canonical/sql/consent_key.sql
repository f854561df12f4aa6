-- grain: one statement of permission with the key of the record that holds it
-- key: record_id
-- reads: temp.canonical_statement
-- writes: step.canonical_consent_key
-- Kept from run to run: a consent names its party, not the record that it was read from.
select
    record_id,
    consent_id
from temp.canonical_statement
