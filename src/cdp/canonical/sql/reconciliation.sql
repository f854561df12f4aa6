-- grain: one object of one source
-- key: global
-- reads: bronze.record, bronze.rejected, temp.canonical_version, temp.canonical_entity, temp.canonical_sound, temp.canonical_refused, silver.quarantine
-- broadcast: temp.canonical_instance
-- writes: silver.reconciliation
-- Each count is taken from the table that holds the rows, none by subtraction.
with held as (
    select
        b.source,
        b.object,
        count(*) as versions
    from (
        select source, object from bronze.record
        union all
        select source, object from bronze.rejected
    ) as b
    inner join temp.canonical_instance as i on i.source = b.source
    group by b.source, b.object
),
accepted as (
    select
        source,
        object,
        count(distinct seq) as accepted
    from (
        select source, object, seq from temp.canonical_sound
        union all
        select e.source, e.object, e.seq
        from temp.canonical_entity as e
        anti join temp.canonical_refused as r on r.seq = e.seq
        where e.main and e.reason is null
    )
    group by source, object
),
superseded as (
    select
        source,
        object,
        count(*) filter (where not is_deletion) as superseded,
        count(*) filter (where is_deletion) as deleted
    from temp.canonical_version
    where not is_latest
    group by source, object
),
quarantined as (
    select
        source,
        object,
        count(*) filter (where whole_record) as quarantined,
        count(*) filter (where not whole_record) as fields_left_out
    from silver.quarantine
    group by source, object
)
select
    h.source,
    h.object,
    h.versions,
    coalesce(a.accepted, 0) as accepted,
    coalesce(s.superseded, 0) as superseded,
    coalesce(s.deleted, 0) as deleted,
    coalesce(q.quarantined, 0) as quarantined,
    coalesce(q.fields_left_out, 0) as fields_left_out
from held as h
left join accepted as a on a.source = h.source and a.object = h.object
left join superseded as s on s.source = h.source and s.object = h.object
left join quarantined as q on q.source = h.source and q.object = h.object
