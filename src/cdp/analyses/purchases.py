"""What customers bought and gave back up to the moment, for all analyses of one run.

Invariants: nothing later than the run's moment is in it; amounts are in the currency of
gold.feature, and unknown where its rate is; whose processing is restricted is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydantic import Field

from cdp.analyses.analysis import AnalysisDefinition
from cdp.scores.bought import bought, rates
from cdp.scores.method import EntityType  # noqa: TC001 - pydantic reads it at run time
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
    run.warehouse.put("temp.analysis_rate", rates(run))
    with bought(run.warehouse):
        run.warehouse.make(Statement.load("cdp.analyses", "purchase"), as_of=run.as_of)
    restricted.keep_out(run.warehouse, run.workspace.home, TABLE)


def drop(warehouse: Warehouse) -> None:
    """Forget the purchases and the rates: no other stage needs them."""
    warehouse.drop(TABLE)
    warehouse.drop("temp.analysis_rate")
