-- grain: one record of which a rule that looks at several records may say something else now
-- key: global
-- reads: step.quality_key, temp.quality_moved
-- writes: temp.quality_affected
select
    k.seq,
    m.place,
    k.value,
    k.native_id,
    k.first_seq
from step.quality_key as k
inner join temp.quality_moved as m on m.place = k.number // 2 and m.value = k.value
where k.number % 2 = 0
