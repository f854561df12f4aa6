-- grain: one version that is looked at
-- key: global
-- reads: temp.canonical_reached, temp.canonical_lost
-- writes: temp.canonical_reached
select seq
from temp.canonical_reached
union
select seq
from temp.canonical_lost
