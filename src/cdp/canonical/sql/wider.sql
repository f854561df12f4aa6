-- grain: one version that is looked at, as it makes an entity with one that is
-- key: global
-- reads: step.canonical_part, step.canonical_reached, step.canonical_met
-- writes: step.canonical_reached
select seq
from step.canonical_reached
union
select p.seq
from step.canonical_part as p
inner join step.canonical_met as m on m.record_id = p.record_id
where p.kind <> 'product'
