-- grain: one record that rules or corrections speak of
-- key: global
-- reads: bronze.record
-- broadcast: temp.quality_governed, temp.quality_decision
-- writes: temp.quality_record
select distinct
    b.source,
    b.object,
    b.native_id
from bronze.record as b
inner join temp.quality_governed as g on g.source = b.source and g.object = b.object
union
select
    source,
    object,
    native_id
from temp.quality_decision
