-- grain: one version of which runs read something else than what arrived, or nothing
-- key: global
-- reads: quality.refusal, quality.correction
-- writes: temp.quality_stance
select
    seq,
    hash(reason, message, original) as stance
from quality.refusal
union all
select
    seq,
    hash(payload::varchar) as stance
from quality.correction
