-- grain: one change of the fields of one object
-- key: global
-- reads: quality.field, step.quality_seen, bronze.load
-- writes: quality.drift
with object as (
    select
        s.source,
        s.object,
        min(l.run_id) as first_run,
        sum(s.records) as records
    from step.quality_seen as s
    inner join bronze.load as l
        on l.load_id = s.load_id and l.source = s.source and l.object = s.object
    where s.records > 0
    group by s.source, s.object
),
field as (
    select
        f.source,
        f.object,
        f.field,
        sum(f.records) as records,
        min(f.first_run) as first_run,
        min(f.first_seen_at) as first_seen_at,
        max(f.last_seen_at) as last_seen_at,
        max(f.last_load) as last_load,
        string_agg(f.type, ', ' order by f.type) as types
    from quality.field as f
    group by f.source, f.object, f.field
),
-- A type that values have; a field may lack its value at any time.
typed as (
    select
        source,
        object,
        field,
        min(first_run) as first_run,
        max(first_run) as last_first_run,
        max(first_seen_at) as since_at,
        string_agg(type, ' to ' order by first_run, type) as types
    from quality.field
    where type <> 'null'
    group by source, object, field
    having count(*) > 1
),
last_time as (
    select
        f.source,
        f.object,
        f.field,
        f.records,
        f.last_load,
        f.last_seen_at,
        sum(s.records) filter (where s.load_id <= f.last_load) as records_then
    from field as f
    inner join step.quality_seen as s on s.source = f.source and s.object = f.object
    group by all
),
-- The records without a field, load by load since it was last there.
missing as (
    select
        t.source,
        t.object,
        t.field,
        t.records,
        t.last_seen_at,
        t.records_then,
        s.load_id,
        sum(s.records) over (
            partition by t.source, t.object, t.field order by s.load_id
        ) as records_since
    from last_time as t
    inner join step.quality_seen as s
        on s.source = t.source and s.object = t.object and s.load_id > t.last_load
)
select
    f.source,
    f.object,
    f.field,
    'appeared' as kind,
    f.types as detail,
    f.first_seen_at as since_at,
    f.first_run as since_run
from field as f
inner join object as o on o.source = f.source and o.object = f.object
where f.first_run > o.first_run
union all
select
    source,
    object,
    field,
    'changed_type' as kind,
    types as detail,
    since_at,
    last_first_run as since_run
from typed
where last_first_run > first_run
union all
-- A field that few records have may be missing from the next ones by chance: it is gone when that
-- would happen less than once in a thousand times.
select
    m.source,
    m.object,
    m.field,
    'vanished' as kind,
    'not in the last ' || max(m.records_since)::bigint || ' records' as detail,
    m.last_seen_at as since_at,
    min(l.run_id) as since_run
from missing as m
inner join bronze.load as l
    on l.load_id = m.load_id and l.source = m.source and l.object = m.object
where pow(1 - m.records / (m.records_then + 1), m.records_since) < 0.001
group by m.source, m.object, m.field, m.last_seen_at
