-- grain: one person record seen on one anonymous device or cookie
-- key: record_id
-- reads: temp.canonical_good, temp.canonical_party
-- writes: temp.canonical_seen
-- record_id is the key of the device.
with seen as (
    select
        record_id,
        value as user_id,
        min(seen_at) as first_seen_at,
        max(seen_at) as last_seen_at
    from temp.canonical_good
    where kind = 'visitor_link' and field = 'record_id'
    group by record_id, value
)
select
    s.record_id,
    s.user_id,
    s.first_seen_at,
    s.last_seen_at
from seen as s
inner join temp.canonical_party as p
    on p.record_id = s.record_id and p.party_type = 'visitor'
where s.user_id <> s.record_id
