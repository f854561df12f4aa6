-- grain: one record that its source has now
-- key: global
-- reads: temp.quality_target
-- writes: step.quality_held
-- Kept from run to run: results are counted over it.
select
    seq,
    source,
    object,
    native_id,
    changed_at
from temp.quality_target
where is_held
