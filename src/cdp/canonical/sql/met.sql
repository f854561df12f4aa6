-- grain: one entity whose rows may be others than before
-- key: global
-- reads: step.canonical_part, temp.canonical_reached, temp.canonical_field, temp.canonical_sound
-- writes: temp.canonical_met
-- Products are left out: many records describe one, and the latest alone decides.
select p.record_id
from step.canonical_part as p
inner join temp.canonical_reached as r on r.seq = p.seq
where p.kind <> 'product'
union
select record_id
from temp.canonical_field
where field = '$' and kind <> 'product'
union
select record_id
from temp.canonical_sound
