-- grain: one rejected piece that was not there before
-- key: global
-- reads: temp.rejection, bronze.rejected
-- params: load_id, received_at
-- writes: bronze.rejected
select
    cast($load_id as bigint) as load_id,
    piece.source,
    piece.object,
    piece.locator,
    piece.reason,
    piece.message,
    piece.original,
    cast($received_at as timestamp) as received_at
from temp.rejection as piece
where
    not exists (
        select 1
        from bronze.rejected as known
        where
            known.source = piece.source
            and known.object = piece.object
            and known.locator = piece.locator
            and known.reason = piece.reason
            and known.original is not distinct from piece.original
    )
