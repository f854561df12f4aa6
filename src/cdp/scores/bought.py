"""What every party bought and gave back, and in which money: one reading for scores and analyses.

Copies of orders are not in it. What holds as of a moment its readers say, who know the moment.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import polars as pl

from cdp.settings.money import MONEY
from cdp.store import Statement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdp.stage import Run
    from cdp.store import Warehouse

_VIEW: Final = "temp.bought"


@contextmanager
def bought(warehouse: Warehouse) -> Iterator[None]:
    """Let `temp.bought` stand for all orders and returns by their party inside the block."""
    warehouse.view(Statement.load("cdp.scores", "bought"))
    yield
    warehouse.unview(_VIEW)


def currency(warehouse: Warehouse) -> str:
    """Return the currency of amounts; empty where nobody ordered."""
    rows = warehouse.query(
        "select max(currency) as currency from gold.feature where currency is not null"
    )
    return str(rows.item() or "")


def rates(run: Run) -> pl.DataFrame:
    """Return currency and rate: what a unit of each currency is worth in that of amounts."""
    declared = run.workspace.one(MONEY)
    own = declared.currency or currency(run.warehouse)
    known = {name: str(rate) for name, rate in declared.rates.items()} | {own: "1"}
    rows = {"currency": list(known), "rate": list(known.values())}
    text = pl.DataFrame(rows, schema={"currency": pl.String, "rate": pl.String})
    return text.with_columns(pl.col("rate").cast(pl.Decimal(18, 6)))
