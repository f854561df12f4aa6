-- grain: one version, from before the delivery, of a record that it holds several times
-- key: record_id
-- reads: bronze.record, temp.several
-- params: source, object, before
-- writes: temp.known_version
select
    known.record_id,
    known.content_hash,
    known.changed_at,
    known.seq
from bronze.record as known
join temp.several as several
    on known.record_id = several.record_id
where
    known.source = $source
    and known.object = $object
    and known.seq <= $before
