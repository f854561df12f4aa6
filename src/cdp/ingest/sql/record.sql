-- grain: one version that was not there before
-- key: record_id
-- reads: temp.delivery, temp.arrival
-- params: load_id, received_at
-- writes: bronze.record
select
    delivery.seq,
    delivery.source,
    delivery.object,
    delivery.native_id,
    delivery.record_id,
    delivery.changed_at,
    cast($received_at as timestamp) as received_at,
    cast($load_id as bigint) as load_id,
    delivery.locator,
    delivery.content_hash,
    cast(delivery.payload as json) as payload,
    delivery.is_deleted
from temp.delivery as delivery
left join temp.arrival as arrival
    on delivery.record_id = arrival.record_id
    and delivery.seq = arrival.seq
where coalesce(arrival.is_new, true)
