-- grain: one rule that one version does not keep
-- key: global
-- reads: temp.quality_found, bronze.record
-- broadcast: temp.quality_rule
-- writes: quality.failure
select
    f.seq,
    r.rule,
    b.source,
    b.object,
    b.native_id,
    r.field,
    r.severity,
    r.place,
    r.message,
    f.original
from temp.quality_found as f
inner join temp.quality_rule as r on r.place = f.place
inner join bronze.record as b on b.seq = f.seq
