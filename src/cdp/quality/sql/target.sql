-- grain: one version of one record that is looked at
-- key: global
-- reads: bronze.record, temp.quality_record
-- writes: temp.quality_target
-- All versions are judged, since an object may be read version by version; the one that the
-- source has now is held, and it alone counts against others.
select
    b.seq,
    b.source,
    b.object,
    b.native_id,
    b.received_at,
    coalesce(b.changed_at, b.received_at) as changed_at,
    coalesce(b.is_deleted, false) as is_deleted,
    not coalesce(b.is_deleted, false) and row_number() over (
        partition by b.source, b.object, b.native_id
        order by b.changed_at desc nulls last, b.seq desc
    ) = 1 as is_held,
    min(b.seq) over (partition by b.source, b.object, b.native_id) as first_seq
from bronze.record as b
inner join temp.quality_record as r
    on r.source = b.source and r.object = b.object and r.native_id = b.native_id
