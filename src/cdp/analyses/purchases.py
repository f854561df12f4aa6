"""What customers bought and gave back up to the moment, for all analyses of one run.

Invariants: nothing later than the run's moment is in it; amounts are in the currency of
gold.feature, and unknown where its rate is; whose processing is restricted is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl
from pydantic import Field

from cdp.analyses.analysis import AnalysisDefinition
from cdp.scores.method import EntityType  # noqa: TC001 - pydantic reads it at run time
from cdp.settings.money import MONEY
from cdp.store import Statement, restricted

if TYPE_CHECKING:
    from cdp.stage import Run
    from cdp.store import Warehouse

TABLE: Final = "temp.analysis_purchase"
"""Private to a run: profile_id, entity_type, order_id, happened_at, is_order, amount."""


class OfCustomers(AnalysisDefinition):
    """What an analysis of customers declares: whose purchases it looks at."""

    of: tuple[EntityType, ...] = Field(
        ("person",),
        min_length=1,
        description="whose purchases count: person, organisation, group, visitor",
    )


def gather(run: Run) -> None:
    """Make the table of purchases, of everybody."""
    _put_rates(run)
    moment = {"as_of": run.as_of}
    run.warehouse.make(_sql("purchase_person"), **moment)
    run.warehouse.append(_sql("purchase_account"), **moment)
    restricted.keep_out(run.warehouse, run.workspace.home, TABLE)


def drop(warehouse: Warehouse) -> None:
    """Forget the purchases and the rates: no other stage needs them."""
    warehouse.drop(TABLE)
    warehouse.drop("temp.analysis_rate")


def currency(warehouse: Warehouse) -> str:
    """Return the currency of amounts; empty where nobody ordered."""
    rows = warehouse.query(
        "select max(currency) as currency from gold.feature where currency is not null"
    )
    return str(rows.item() or "")


def _put_rates(run: Run) -> None:
    found = run.workspace.one(MONEY)
    own = found.currency or currency(run.warehouse)
    rates = {name: str(rate) for name, rate in found.rates.items()} | {own: "1"}
    rows = {"currency": list(rates), "rate": list(rates.values())}
    text = pl.DataFrame(rows, schema={"currency": pl.String, "rate": pl.String})
    run.warehouse.put(
        "temp.analysis_rate", text.with_columns(pl.col("rate").cast(pl.Decimal(18, 6)))
    )


def _sql(name: str) -> Statement:
    return Statement.load("cdp.analyses", name)
