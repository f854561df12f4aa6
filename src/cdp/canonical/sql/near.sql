-- grain: one version that is looked at, as it was received
-- key: global
-- reads: bronze.record, temp.canonical_reached
-- writes: temp.canonical_near
select
    b.seq,
    b.source,
    b.object,
    b.native_id,
    b.record_id,
    b.changed_at,
    b.received_at,
    b.load_id,
    b.locator,
    b.content_hash,
    b.payload,
    b.is_deleted
from bronze.record as b
inner join temp.canonical_reached as r on r.seq = b.seq
