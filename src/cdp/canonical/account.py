"""The balance of a run: every row that it read became something, and something was every row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cdp.canonical.engine import load
from cdp.errors import ReconciliationError

if TYPE_CHECKING:
    from cdp.store import Warehouse

_UNEQUAL: Final = """
with read as (
    select
        l.run_id,
        l.source,
        l.object,
        sum(l.rows_in)::bigint as rows_in
    from bronze.load as l
    inner join temp.canonical_instance as i on i.source = l.source
    where l.run_id > $since
    group by l.run_id, l.source, l.object
),
told as (
    select
        run_id,
        source,
        object,
        sum(rows)::bigint as rows,
        string_agg(rows || ' ' || outcome, ' + ' order by outcome, reason) as listed
    from silver.balance
    where run_id > $since
    group by run_id, source, object
)
select
    r.run_id,
    r.source,
    r.object,
    r.rows_in,
    coalesce(t.listed, '0 accounted for') as listed
from read as r
left join told as t on t.run_id = r.run_id and t.source = r.source and t.object = r.object
where r.rows_in <> coalesce(t.rows, 0)
order by r.run_id, r.source, r.object
"""


def account(warehouse: Warehouse) -> None:
    """Write down what became of the rows that runs read since the last balance.

    Raises:
        ReconciliationError: rows were read of which nothing became.
    """
    since = warehouse.query("select coalesce(max(run_id), 0) from silver.balance").item()
    warehouse.append(load("accounted"))
    unequal = warehouse.query(_UNEQUAL, since=since).rows()
    if unequal:
        listed = "; ".join(
            f"run {run_id}, {source}/{name}: {rows_in} rows read, but {told}"
            for run_id, source, name, rows_in, told in unequal
        )
        msg = (
            f"the balance is not even in {listed}. No silver table was changed; keep the "
            "workspace as it is and report this"
        )
        raise ReconciliationError(msg)
