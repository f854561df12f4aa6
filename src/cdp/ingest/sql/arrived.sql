-- grain: one row of the piece, without what it says
-- key: record_id
-- reads: temp.delivery
-- writes: temp.arrived
select
    record_id,
    content_hash,
    changed_at,
    seq
from temp.delivery
