-- grain: one version that is looked at, as it makes an entity with one that is
-- key: global
-- reads: step.canonical_part, temp.canonical_reached, temp.canonical_met
-- writes: temp.canonical_reached
select seq
from temp.canonical_reached
union
select p.seq
from step.canonical_part as p
inner join temp.canonical_met as m on m.record_id = p.record_id
where p.kind <> 'product'
