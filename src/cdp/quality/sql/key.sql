-- grain: one value that a held record has in a rule that looks at several records
-- key: global
-- reads: temp.quality_key_now
-- writes: step.quality_key
-- Kept from run to run: it says which records share a value, or lead to one another.
select
    number,
    value,
    seq,
    native_id,
    first_seq
from temp.quality_key_now
