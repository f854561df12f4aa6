-- grain: one delivered object, or one field of it, that was not accepted, of what is looked at
-- key: global
-- reads: temp.canonical_quarantine
-- writes: silver.quarantine
select
    quarantine_id,
    source,
    object,
    native_id,
    locator,
    field,
    whole_record,
    reason,
    message,
    original,
    load_id,
    received_at
from temp.canonical_quarantine
