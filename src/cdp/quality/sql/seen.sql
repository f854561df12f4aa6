-- grain: one load that was looked at
-- key: global
-- reads: temp.quality_unseen
-- writes: step.quality_seen
-- Kept from run to run: each load is looked at once.
select
    load_id,
    source,
    object,
    records
from temp.quality_unseen
