"""What is known of running contracts at moments of the past, and which of them then ended.

Invariant: a fact follows from what happened by its cut-off; only the label looks further.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import polars as pl

from cdp.scores.trained.purchases import date_of, put_rates
from cdp.store import Statement, restricted
from cdp.store.narrow import narrowed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cdp.stage import Run

FACTS: Final[Mapping[str, str]] = {
    "tenure_days": "a customer for {} days",
    "last_event_days": "last heard of {} days ago",
    "events_30d": "{} events in 30 days",
    "events_90d": "{} events in 90 days",
    "events_365d": "{} events in a year",
    "trend": "events of the last 30 days against the 90 before",
    "opened_90d": "opened {} e-mails in 90 days",
    "clicked_90d": "clicked in {} e-mails in 90 days",
    "viewed_90d": "viewed {} pages in 90 days",
    "orders_365d": "{} orders in a year",
    "amount_365d": "spent {} {} in a year",
    "last_order_days": "last order {} days ago",
}
"""Facts that a model of contracts looks at, and how each is told: its value, then the currency."""
MOST_CUTS: Final = 12
_CUT: Final = pl.Schema(
    {
        "score": pl.String(),
        "entity_type": pl.String(),
        "cut": pl.Date(),
        "begins": pl.String(),
        "ends": pl.String(),
        "horizon": pl.Int32(),
    }
)


def gather(run: Run) -> None:
    """Make `step.contract_event`, for everybody."""
    put_rates(run)
    run.warehouse.make(_sql("contract_event"), as_of=run.as_of)
    restricted.keep_out(run.warehouse, run.workspace.home, "step.contract_event")


def refresh(run: Run) -> None:
    """Bring `step.contract_event` up to date for touched profiles."""
    put_rates(run)
    run.warehouse.refresh(_sql("contract_event"), as_of=run.as_of)
    restricted.keep_out(run.warehouse, run.workspace.home, "step.contract_event")


def cut_days(day: int, horizon: int) -> list[int]:
    """Return the moments to learn from, latest first, whose outcome is known at a day."""
    step = max(7, horizon // 2)
    return [day - horizon - step * place for place in range(MOST_CUTS)]


def facts_at(
    run: Run,
    name: str,
    definition: Any,  # noqa: ANN401 - of contract_churn
    days: Sequence[int],
    *,
    touched: bool = False,
) -> pl.DataFrame:
    """Return the running contracts at each of these days: facts, and `label` where it is past.

    Sorted, so that the same contracts make the same model.
    """
    rows = [
        (name, kind, date_of(day), definition.begins, definition.ends, definition.horizon)
        for kind in definition.of
        for day in days
    ]
    run.warehouse.put("step.contract_cut", pl.DataFrame(rows, schema=_CUT, orient="row"))
    statement = _sql("contract_fact")
    found = run.warehouse.select(narrowed(statement) if touched else statement)
    return found.sort("cut", "profile_id", descending=[True, False])


def _sql(name: str) -> Statement:
    return Statement.load("cdp.scores", name)
