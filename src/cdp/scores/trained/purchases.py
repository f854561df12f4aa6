"""The purchases of a workspace's customers, from gold.order, as the forecast takes them.

Invariant: nothing later than the run's moment is in it; amounts are in the currency of
gold.feature, and unknown where its rate is; whose processing is restricted is left out.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

import polars as pl

from cdp.scores.bought import bought, rates
from cdp.scores.predict.log import EPOCH, PurchaseLog, day_number, purchase_log
from cdp.store import Statement, restricted
from cdp.store.narrow import among

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cdp.stage import Run

_INSTANT: Final = timedelta(microseconds=1)
_PURCHASE: Final = Statement.load("cdp.scores", "purchase")
_ROWS: Final = """
select
    p.profile_id as customer,
    p.day,
    (p.amount * r.rate)::double as amount
from step.score_purchase as p
left join step.score_rate as r
    on r.currency = p.currency
where list_contains($kinds, p.entity_type)
    and (p.is_purchase or r.rate is not null)
"""


def gather(run: Run) -> None:
    """Make `step.score_purchase` and the rates of currencies, for everybody."""
    put_rates(run)
    with bought(run.warehouse):
        run.warehouse.make(_PURCHASE, as_of=run.as_of)
    restricted.keep_out(run.warehouse, run.workspace.home, _PURCHASE.writes)


def refresh(run: Run) -> None:
    """Bring `step.score_purchase` up to date for touched profiles and accounts."""
    put_rates(run)
    with bought(run.warehouse):
        run.warehouse.refresh(_PURCHASE, as_of=run.as_of)
    restricted.keep_out(run.warehouse, run.workspace.home, _PURCHASE.writes)


def log_of(run: Run, kinds: Iterable[str], *, touched: bool = False) -> PurchaseLog:
    """Return the log of these types of party; `touched`: of touched profiles alone."""
    narrowed = f" and {among('profile_id')}" if touched else ""
    rows = run.warehouse.query(f"{_ROWS}{narrowed}", kinds=sorted(kinds))
    return purchase_log(rows.with_columns(pl.col("day").cast(pl.Date)))


def last_day(run: Run) -> int:
    """Return the day whose end the run looks from; a run at midnight looks at the day before."""
    return day_number((run.as_of - _INSTANT).date())


def date_of(day: int) -> date:
    """Return the date of a day of a log."""
    return EPOCH + timedelta(days=day)


def moment_of(text: str) -> datetime:
    """Return a moment that a model was written down with."""
    return datetime.fromisoformat(text).astimezone(UTC)


def digest(log: PurchaseLog) -> str:
    """Return a hash of what is in a log, whoever bought it."""
    rows = log.rows
    found = hashlib.sha256()
    for name, kind in (("customer", pl.UInt32), ("day", pl.Int32), ("amount", pl.Float64)):
        found.update(
            rows[name].cast(kind).fill_null(-1 if kind == pl.Float64 else 0).to_numpy().tobytes()
        )
    return found.hexdigest()[:16]


def put_rates(run: Run) -> None:
    """Put what a unit of each currency is worth in that of amounts into `step.score_rate`."""
    run.warehouse.put("step.score_rate", rates(run))
