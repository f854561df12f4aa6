-- grain: one record that the delivery holds several times
-- key: record_id
-- reads: temp.arrived
-- writes: temp.several
-- Of any other record a row that is not as it was last is a new version, without any further look.
select record_id
from temp.arrived
group by record_id
having count(*) > 1
