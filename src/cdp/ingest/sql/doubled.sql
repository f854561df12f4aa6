-- grain: one row that the first delivery of an object holds once more
-- key: record_id
-- reads: bronze.record
-- params: source, object
-- writes: temp.doubled
-- Only records that were delivered several times are looked at closely.
with several as (
    select record_id
    from bronze.record
    where
        source = $source
        and object = $object
    group by record_id
    having count(*) > 1
),

numbered as (
    select
        record.record_id,
        record.seq,
        row_number() over (
            partition by record.record_id, record.content_hash, record.changed_at
            order by record.seq
        ) as occurrence
    from bronze.record as record
    join several
        on record.record_id = several.record_id
    where
        record.source = $source
        and record.object = $object
)

select
    record_id,
    seq
from numbered
where occurrence > 1
