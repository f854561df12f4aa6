-- grain: one row of the piece that was not there before, as far as its record comes once
-- key: record_id
-- reads: temp.delivery, bronze.record
-- params: source, object, before
-- writes: bronze.record
with delivered as (
    select distinct record_id
    from temp.delivery
),

known_version as materialized (
    select
        record.record_id,
        record.content_hash,
        record.changed_at,
        record.seq
    from bronze.record as record
    join delivered
        on record.record_id = delivered.record_id
    where
        record.source = $source
        and record.object = $object
        and record.seq <= $before
),

latest as (
    select
        record_id,
        arg_max(content_hash, seq) as content_hash
    from known_version
    group by record_id
),

known as (
    select distinct
        record_id,
        content_hash,
        changed_at
    from known_version
    where changed_at is not null
)

select
    delivery.seq,
    delivery.source,
    delivery.object,
    delivery.native_id,
    delivery.record_id,
    delivery.changed_at,
    delivery.received_at,
    delivery.load_id,
    delivery.locator,
    delivery.content_hash,
    delivery.payload,
    delivery.is_deleted
from temp.delivery as delivery
left join latest
    on delivery.record_id = latest.record_id
left join known
    on delivery.record_id = known.record_id
    and delivery.content_hash = known.content_hash
    and delivery.changed_at = known.changed_at
where
    known.record_id is null
    -- without a time of change, going back to an earlier content is a change as well
    and (
        delivery.changed_at is not null
        or latest.content_hash is distinct from delivery.content_hash
    )
