"""What was erased stays out: rows that a tombstone knows again never reach bronze.

Invariant: a row goes whose key is erased, or that speaks of somebody erased and is new. A record
of somebody else that was there before, and that names them, comes in without what names them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cdp.store import Statement
from cdp.store.tombstones import TABLE, offer, pads, secret

if TYPE_CHECKING:
    from pathlib import Path

    from cdp.store import Warehouse

_GOING: Final = """
select distinct d.seq
from temp.delivery as d
inner join temp.erased as e on e.seq = d.seq
where e.is_key or not exists (
    select 1 from bronze.record as b
    where b.source = d.source and b.object = d.object and b.native_id = d.native_id
)
"""
_CUT: Final = """
with cut as (
    select
        d.seq,
        list_reduce(
            list(e.token order by length(e.token) desc, e.token),
            lambda text, token: replace(
                -- a number that stands alone becomes a text, so that the rest stays JSON
                if(
                    regexp_full_match(token, '[0-9]+'),
                    regexp_replace(
                        text, '([:\\[,]\\s*)' || token || '(\\s*[,\\]}])', '\\1"[erased]"\\2', 'g'
                    ),
                    text
                ),
                token,
                '[erased]'
            ),
            any_value(d.payload)::varchar
        ) as payload
    from temp.delivery as d
    inner join temp.erased as e on e.seq = d.seq and not e.is_key
    group by d.seq
)

update temp.delivery set payload = (
    case when json_valid(cut.payload) then cut.payload else '"[erased]"' end
)::json
from cut
where cut.seq = delivery.seq
"""


def are_tombstones(warehouse: Warehouse, home: Path) -> bool:
    """Return whether anybody was erased, and offer the digests if so."""
    return offer(warehouse, home)


def bury(warehouse: Warehouse, home: Path) -> int:
    """Take out of `temp.delivery` what is erased; return how many rows went."""
    pad = {f"{name}_pad": block for name, block in pads(secret(home)).items()}
    gone = 0
    if warehouse.make(Statement.load("cdp.ingest", "erased"), **pad):
        rows = warehouse.connection.execute(
            f"delete from temp.delivery where seq in ({_GOING})"  # noqa: S608 - constant
        )
        gone = int(rows.fetchall()[0][0])
        warehouse.connection.execute(_CUT)
    warehouse.drop("temp.erased")
    warehouse.connection.execute(f"drop table {TABLE}")
    return gone
