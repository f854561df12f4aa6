-- grain: one version of one object of which a version arrived, or that is corrected or let through otherwise than before
-- key: global
-- reads: bronze.record, bronze.load, step.touched_record_id
-- broadcast: temp.canonical_instance, temp.canonical_object
-- params: since
-- writes: temp.canonical_reached
-- All versions of the object are looked at, since any of them may be the one that holds.
with own as (
    select
        b.seq,
        b.source,
        b.object,
        b.load_id,
        b.record_id,
        case
            when coalesce(o.strip_zeros, false) and ltrim(b.native_id, '0') <> ''
                then ltrim(b.native_id, '0')
            else b.native_id
        end as native_id
    from bronze.record as b
    inner join temp.canonical_instance as i on i.source = b.source
    left join temp.canonical_object as o on o.source = b.source and o.object = b.object
),
new as (
    select distinct
        o.source,
        o.object,
        o.native_id
    from own as o
    inner join bronze.load as l on l.load_id = o.load_id
    where l.run_id > $since
    union
    select
        o.source,
        o.object,
        o.native_id
    from own as o
    inner join step.touched_record_id as t on t.record_id = o.record_id
)
select o.seq
from own as o
inner join new as n
    on n.source = o.source and n.object = o.object and n.native_id = o.native_id
