-- grain: one identifier that events name and that has another owner than before
-- key: global
-- reads: step.reference_owner, step.reference_owner_before
-- writes: step.reference_flip
select distinct
    kind,
    value
from (
    (from step.reference_owner except from step.reference_owner_before)
    union all
    (from step.reference_owner_before except from step.reference_owner)
)
