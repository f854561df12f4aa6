-- grain: one version that rules or people keep out of silver
-- key: global
-- reads: temp.quality_looked, quality.failure, temp.quality_target
-- broadcast: temp.quality_decision
-- writes: quality.refusal
-- What people drop is out whatever the rules say; of several rules the first in the file is named.
with dropped as (
    select
        t.seq,
        t.source,
        t.object,
        t.native_id,
        max(d.reason) as reason
    from temp.quality_decision as d
    inner join temp.quality_target as t
        on t.source = d.source and t.object = d.object and t.native_id = d.native_id
    where d.kind = 'drop' and not t.is_deleted
    group by t.seq, t.source, t.object, t.native_id
),
broken as (
    select
        f.seq,
        f.source,
        f.object,
        f.native_id,
        f.rule,
        f.field,
        f.message,
        f.original
    from quality.failure as f
    inner join temp.quality_looked as l on l.seq = f.seq
    anti join temp.quality_decision as d on d.kind = 'allow' and d.seq = f.seq
    anti join dropped as g on g.seq = f.seq
    where f.severity = 'quarantine'
    qualify row_number() over (partition by f.seq order by f.place) = 1
)
select
    seq,
    source,
    object,
    native_id,
    'dropped' as reason,
    null::varchar as field,
    'dropped by a person: ' || reason as message,
    null::varchar as original
from dropped
union all
select
    seq,
    source,
    object,
    native_id,
    rule as reason,
    field,
    message,
    original
from broken
