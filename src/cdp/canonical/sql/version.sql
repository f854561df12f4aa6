-- grain: one version of one object of a declared source
-- key: global
-- reads: bronze.record
-- broadcast: temp.canonical_instance, temp.canonical_object
-- writes: temp.canonical_version
-- Bronze knows no record ids yet; this gives each version its own and says which one holds.
with own as (
    select
        b.seq,
        b.source,
        b.object,
        case
            when coalesce(o.strip_zeros, false) and ltrim(b.native_id, '0') <> ''
                then ltrim(b.native_id, '0')
            else b.native_id
        end as native_id,
        o.object is not null as is_mapped,
        coalesce(o.all_versions, false) as all_versions,
        b.changed_at,
        b.received_at,
        b.load_id,
        b.locator,
        coalesce(b.is_deleted, false) as is_deleted
    from bronze.record as b
    inner join temp.canonical_instance as i on i.source = b.source
    left join temp.canonical_object as o on o.source = b.source and o.object = b.object
),
-- Most objects have one version; the others are ranked.
changed as (
    select
        source,
        object,
        native_id,
        bool_or(is_deleted) as was_deleted
    from own
    group by source, object, native_id
    having count(*) > 1 or bool_or(is_deleted)
),
ranked as (
    select
        o.seq,
        o.all_versions,
        o.is_deleted,
        row_number() over versions as age,
        first_value(o.is_deleted) over versions as is_gone
    from own as o
    inner join changed as c
        on c.source = o.source and c.object = o.object and c.native_id = o.native_id
    where not o.all_versions or c.was_deleted
    window versions as (
        partition by o.source, o.object, o.native_id
        order by o.changed_at desc nulls last, o.seq desc
    )
),
-- Of an object that is gone no version holds; the one that says so is no earlier state of it.
replaced as (
    select
        seq,
        is_deleted and age = 1 as is_deletion
    from ranked
    where is_gone or is_deleted or (age > 1 and not all_versions)
)
select
    o.seq,
    o.source,
    o.object,
    o.native_id,
    o.is_mapped,
    r.seq is null as is_latest,
    coalesce(r.is_deletion, false) as is_deletion,
    coalesce(o.changed_at, o.received_at) as seen_at,
    o.received_at,
    o.load_id,
    o.locator
from own as o
left join replaced as r on r.seq = o.seq
