-- grain: one main entity that one version makes, alone or with others
-- key: global
-- reads: temp.canonical_entity, temp.canonical_refused, temp.canonical_sound
-- writes: step.canonical_part
-- Kept from run to run: it says which versions a change of one of them reaches.
select
    e.record_id,
    e.seq,
    e.kind,
    e.reason is null and r.seq is null as accepted
from temp.canonical_entity as e
left join temp.canonical_refused as r on r.seq = e.seq
where e.main
union all
select
    record_id,
    seq,
    kind,
    true as accepted
from temp.canonical_sound
