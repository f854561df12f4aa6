-- grain: one record that rules or corrections speak of, and of which a version arrived since a run, or a correction was made or undone
-- key: global
-- reads: bronze.record, bronze.load
-- broadcast: temp.quality_governed, temp.quality_decision, temp.quality_redecided
-- params: since
-- writes: temp.quality_record
with arrived as (
    select distinct
        b.source,
        b.object,
        b.native_id
    from bronze.record as b
    inner join bronze.load as l on l.load_id = b.load_id
    where l.run_id > $since
)
select
    a.source,
    a.object,
    a.native_id
from arrived as a
inner join temp.quality_governed as g on g.source = a.source and g.object = a.object
union
select
    a.source,
    a.object,
    a.native_id
from arrived as a
inner join temp.quality_decision as d
    on d.source = a.source and d.object = a.object and d.native_id = a.native_id
union
select
    source,
    object,
    native_id
from temp.quality_redecided
