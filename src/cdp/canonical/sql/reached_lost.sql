-- grain: one version that is looked at
-- key: global
-- reads: step.canonical_reached, step.canonical_lost
-- writes: step.canonical_reached
select seq
from step.canonical_reached
union
select seq
from step.canonical_lost
