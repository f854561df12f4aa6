-- grain: one version that is looked at and was there in the last run
-- key: global
-- reads: temp.canonical_near, bronze.load
-- params: since
-- writes: temp.canonical_earlier
select
    n.seq,
    n.source,
    n.object,
    n.native_id,
    n.record_id,
    n.changed_at,
    n.received_at,
    n.load_id,
    n.locator,
    n.content_hash,
    n.payload,
    n.is_deleted
from temp.canonical_near as n
inner join bronze.load as l on l.load_id = n.load_id
where l.run_id <= $since
