-- grain: one version that is read with corrections over it
-- key: global
-- reads: temp.quality_decision, temp.quality_target, bronze.record
-- writes: quality.correction
-- A field is set right as long as the source has the value that was looked at; when the source
-- changes it, the source's word counts again.
with change as (
    select
        t.seq,
        d.correction_id,
        d.patch
    from temp.quality_decision as d
    inner join temp.quality_target as t
        on t.source = d.source and t.object = d.object and t.native_id = d.native_id
    inner join bronze.record as was on was.seq = d.seq
    inner join bronze.record as b on b.seq = t.seq
    where
        d.kind = 'set'
        and not t.is_deleted
        and json_extract(b.payload, d.path) is not distinct from json_extract(was.payload, d.path)
),
patched as (
    select
        seq,
        list(patch order by correction_id, patch::varchar) as patches,
        list(distinct correction_id order by correction_id) as corrections
    from change
    group by seq
)
select
    b.seq,
    b.source,
    b.object,
    b.native_id,
    list_reduce(
        list_prepend(b.payload, p.patches), lambda whole, part: json_merge_patch(whole, part)
    )::json as payload,
    p.corrections
from patched as p
inner join bronze.record as b on b.seq = p.seq
