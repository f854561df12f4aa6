-- grain: one piece that could not be read and arrived after a run
-- key: global
-- reads: bronze.rejected, bronze.load
-- params: since
-- writes: temp.canonical_piece
select
    r.load_id,
    r.source,
    r.object,
    r.locator,
    r.reason,
    r.message,
    r.original,
    r.received_at
from bronze.rejected as r
inner join bronze.load as l on l.load_id = r.load_id
where l.run_id > $since
