-- grain: one correction that is in force
-- key: global
-- reads: temp.quality_decision
-- writes: step.quality_decided
-- Kept from run to run: it says which corrections are new, and which were undone.
select distinct
    correction_id,
    source,
    object,
    native_id
from temp.quality_decision
