-- grain: one version that rules and people let through, as it is read
-- key: global
-- reads: bronze.record, quality.refusal, quality.correction
-- writes: temp.canonical_admitted
select
    b.seq,
    coalesce(c.payload, b.payload) as payload
from bronze.record as b
anti join quality.refusal as r on r.seq = b.seq
left join quality.correction as c on c.seq = b.seq
