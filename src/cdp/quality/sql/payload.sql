-- grain: one version that is judged, as runs read it
-- key: global
-- reads: temp.quality_target, bronze.record, quality.correction
-- writes: temp.quality_payload
select
    t.seq,
    t.source,
    t.object,
    t.native_id,
    t.received_at,
    t.is_held,
    t.first_seq,
    coalesce(c.payload, b.payload) as payload
from temp.quality_target as t
inner join bronze.record as b on b.seq = t.seq
left join quality.correction as c on c.seq = t.seq
where not t.is_deleted
