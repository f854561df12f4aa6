-- grain: one load that was not looked at yet
-- key: global
-- reads: bronze.load, bronze.record
-- params: mark
-- writes: temp.quality_unseen
-- Records that are said to be gone have no fields to speak of.
with landed as (
    select
        load_id,
        source,
        object,
        count(*) as records
    from bronze.record
    where load_id > $mark and not coalesce(is_deleted, false)
    group by load_id, source, object
)
select
    l.load_id,
    l.source,
    l.object,
    l.run_id,
    l.received_at,
    coalesce(n.records, 0) as records
from bronze.load as l
left join landed as n
    on n.load_id = l.load_id and n.source = l.source and n.object = l.object
where l.load_id > $mark
