-- A visitor's record is named after the device; it is never compared with other records.
select
    record.record_id,
    record.profile_id,
    record.entity_type,
    device.value is not null as is_visitor
from gold.source_record as record
left join gold.identifier as device
    on device.profile_id = record.profile_id
    and device.kind = 'anonymous_id'
    and device.value = record.native_id
    and list_contains(device.records, record.record_id)
where record.profile_id in (
    select named.profile_id
    from gold.source_record as named
    where named.record_id = $reference
        or named.profile_id = $reference
)
order by record.record_id
