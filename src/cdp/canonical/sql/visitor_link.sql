-- grain: one person record seen on one anonymous device or cookie
-- key: global
-- reads: temp.canonical_seen
-- writes: silver.visitor_link
-- A mere projection from the key of the device (record_id in step) to that of its user.
select
    record_id as visitor_record_id,
    user_id as record_id,
    first_seen_at,
    last_seen_at
from temp.canonical_seen
