-- grain: one record that does not keep a rule that looks at several records
-- key: global
-- reads: temp.quality_affected, step.quality_key
-- broadcast: temp.quality_rule
-- writes: temp.quality_found
-- Of records with the same value the one that was there first has it by right.
with first as (
    select
        a.place,
        a.value,
        min(a.first_seq) as first_seq,
        arg_min(a.native_id, a.first_seq) as native_id
    from temp.quality_affected as a
    inner join temp.quality_rule as r on r.place = a.place and r.kind <> 'reference'
    group by a.place, a.value
    having count(*) > 1
)
select
    a.seq,
    a.place,
    a.value as original
from temp.quality_affected as a
inner join first as f on f.place = a.place and f.value = a.value
-- One key written with and without leading zeros is one record.
where a.first_seq > f.first_seq and ltrim(a.native_id, '0') <> ltrim(f.native_id, '0')
union all
select
    a.seq,
    a.place,
    a.value as original
from temp.quality_affected as a
inner join temp.quality_rule as r on r.place = a.place and r.kind = 'reference'
anti join step.quality_key as k on k.number = a.place * 2 + 1 and k.value = a.value
