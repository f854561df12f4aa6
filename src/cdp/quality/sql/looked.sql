-- grain: one version that is looked at, or that a rule over several records may say something else of
-- key: global
-- reads: temp.quality_target, temp.quality_affected
-- writes: temp.quality_looked
select seq
from temp.quality_target
union
select seq
from temp.quality_affected
