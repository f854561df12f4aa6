-- grain: one record of which a correction was made or undone since the last run
-- key: global
-- reads: temp.quality_decision, step.quality_decided
-- writes: temp.quality_redecided
select
    coalesce(d.source, a.source) as source,
    coalesce(d.object, a.object) as object,
    coalesce(d.native_id, a.native_id) as native_id
from temp.quality_decision as d
full join step.quality_decided as a on a.correction_id = d.correction_id
where d.correction_id is null or a.correction_id is null
group by all
