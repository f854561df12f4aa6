-- grain: one delivered record that may not be new in every row
-- key: record_id
-- reads: temp.delivery, temp.known_version
-- writes: temp.repeated
-- A record that nobody knew and that is delivered once is new without any further look at it.
select record_id
from temp.delivery
group by record_id
having count(*) > 1
union
select record_id
from temp.known_version
