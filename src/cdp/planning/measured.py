"""The scorecards of past runs, those that breached a gate and published nothing among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cdp.scorecard.definition import METRICS
from cdp.scorecard.stage import BAND
from cdp.store import Statement

if TYPE_CHECKING:
    from cdp.store import Warehouse


def runs(warehouse: Warehouse, limit: int, before: int | None = None) -> list[dict[str, Any]]:
    """Return up to `limit` measured runs, latest first, with their measures in order.

    `before` leaves out a run and all later ones.
    """
    rows = warehouse.select(
        Statement.load("cdp.planning", "measured"), limit=limit, before=before, band=BAND
    ).to_dicts()
    place = {name: number for number, name in enumerate(METRICS)}
    for row in rows:
        row["measures"].sort(key=lambda found: place.get(found["metric"], len(place)))
        for found in row["measures"]:
            found["says"] = found["says"] or METRICS.get(found["metric"])
    return rows
