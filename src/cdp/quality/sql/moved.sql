-- grain: one value of which a rule that looks at several records may say something else now
-- key: global
-- reads: step.quality_key, temp.quality_target, temp.quality_key_now
-- writes: temp.quality_moved
-- Two numbers belong to one rule: the even one to its own field, the odd one to what it leads to.
select
    k.number // 2 as place,
    k.value
from step.quality_key as k
inner join temp.quality_target as t on t.seq = k.seq
union
select
    number // 2 as place,
    value
from temp.quality_key_now
