-- grain: one record of which something was learned, or that came or went
-- key: global
-- reads: step.touched_record_id, step.evidence, identity.assignment
-- writes: step.delta_changed
select
    touched.record_id as record_id,
    evidence.record_id is not null as is_there
from step.touched_record_id as touched
left join step.evidence as evidence on touched.record_id = evidence.record_id
left join identity.assignment as before
    on touched.record_id = before.record_id and before.live
where evidence.evidence is distinct from before.evidence
