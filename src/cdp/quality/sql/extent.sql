-- grain: one object of one source
-- key: global
-- reads: step.quality_held
-- params: run_id
-- writes: quality.extent
select
    $run_id::bigint as run_id,
    source,
    object,
    count(*) as held,
    max(changed_at) as changed_at
from step.quality_held
group by source, object
