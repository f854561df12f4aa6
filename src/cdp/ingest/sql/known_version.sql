-- grain: one version that is there already of a record in the delivery
-- key: record_id
-- reads: bronze.record, temp.delivery
-- writes: temp.known_version
with delivered as (
    select distinct
        record_id,
        source,
        object
    from temp.delivery
)

select
    known.record_id,
    known.content_hash,
    known.changed_at,
    known.seq
from bronze.record as known
join delivered
    on known.record_id = delivered.record_id
    and known.source = delivered.source
    and known.object = delivered.object
