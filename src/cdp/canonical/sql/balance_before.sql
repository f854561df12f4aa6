-- grain: one object of one source, of what is looked at
-- key: global
-- reads: temp.canonical_version_before, step.canonical_part, silver.quarantine
-- writes: temp.canonical_balance_before
with accepted as (
    select distinct seq
    from step.canonical_part
    where accepted
),
held as (
    select
        v.source,
        v.object,
        count(*) as versions,
        count(a.seq) as accepted,
        count(*) filter (where not v.is_latest and not v.is_deletion) as superseded,
        count(*) filter (where v.is_deletion) as deleted
    from temp.canonical_version_before as v
    left join accepted as a on a.seq = v.seq
    group by v.source, v.object
),
quarantined as (
    select
        q.source,
        q.object,
        count(*) filter (where q.whole_record) as quarantined,
        count(*) filter (where not q.whole_record) as fields_left_out
    from silver.quarantine as q
    inner join temp.canonical_version_before as v
        on v.load_id = q.load_id
        and v.source = q.source
        and v.object = q.object
        and v.locator = q.locator
    group by q.source, q.object
)
select
    h.source,
    h.object,
    h.versions,
    h.accepted,
    h.superseded,
    h.deleted,
    coalesce(q.quarantined, 0) as quarantined,
    coalesce(q.fields_left_out, 0) as fields_left_out
from held as h
left join quarantined as q on q.source = h.source and q.object = h.object
