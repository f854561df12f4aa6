-- grain: one type of one field of one object
-- key: global
-- reads: quality.field, temp.quality_spotted, temp.quality_unseen
-- writes: quality.field
with every as (
    select
        source,
        object,
        field,
        type,
        records,
        first_seen_at,
        first_run,
        last_seen_at,
        last_run,
        last_load
    from quality.field
    union all
    select
        s.source,
        s.object,
        s.field,
        s.type,
        s.records,
        u.received_at as first_seen_at,
        u.run_id as first_run,
        u.received_at as last_seen_at,
        u.run_id as last_run,
        u.load_id as last_load
    from temp.quality_spotted as s
    inner join temp.quality_unseen as u
        on u.load_id = s.load_id and u.source = s.source and u.object = s.object
)
select
    source,
    object,
    field,
    type,
    sum(records)::bigint as records,
    min(first_seen_at) as first_seen_at,
    min(first_run) as first_run,
    max(last_seen_at) as last_seen_at,
    max(last_run) as last_run,
    max(last_load) as last_load
from every
group by source, object, field, type
