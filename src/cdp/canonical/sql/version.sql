-- grain: one version of one object of a declared source
-- key: global
-- reads: bronze.record
-- broadcast: step.canonical_instance, step.canonical_object
-- writes: step.canonical_version
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
        b.locator
    from bronze.record as b
    inner join step.canonical_instance as i on i.source = b.source
    left join step.canonical_object as o on o.source = b.source and o.object = b.object
)
select
    source || ':' || native_id as record_id,
    seq,
    source,
    object,
    native_id,
    is_mapped,
    all_versions or row_number() over (
        partition by source, object, native_id
        order by changed_at desc nulls last, seq desc
    ) = 1 as is_latest,
    coalesce(changed_at, received_at) as seen_at,
    received_at,
    load_id,
    locator
from own
