-- grain: one record, or one piece of a delivery, that waits in quarantine
-- key: global
-- reads: silver.quarantine, bronze.record, quality.failure
-- writes: quality.quarantined
with broken as (
    select
        seq,
        list(rule order by place) as rules
    from quality.failure
    where severity = 'quarantine'
    group by seq
)
select
    q.quarantine_id,
    b.record_id,
    q.source,
    q.object,
    coalesce(b.native_id, q.native_id) as native_id,
    b.seq,
    q.reason,
    q.field,
    q.message,
    q.original,
    coalesce(f.rules, []::varchar[]) as rules,
    b.payload,
    q.locator,
    q.received_at
from silver.quarantine as q
left join bronze.record as b
    on q.native_id is not null
    and b.load_id = q.load_id
    and b.source = q.source
    and b.object = q.object
    and b.locator = q.locator
left join broken as f on f.seq = b.seq
where q.whole_record
