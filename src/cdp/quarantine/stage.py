"""The stage that lists the quarantine for people: what waits, as it came, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdp.stage import Delta, Report, Run, Stage
from cdp.store import Statement

if TYPE_CHECKING:
    from cdp.store import Warehouse


def run(run: Run) -> Report:
    """List what waits in quarantine."""
    return _listed(run.warehouse)


def delta(run: Run, _: Delta) -> Report:
    """List what waits in quarantine: the list is short and made anew each time."""
    return _listed(run.warehouse)


def _listed(warehouse: Warehouse) -> Report:
    return Report({"waiting": warehouse.swap(Statement.load("cdp.quarantine", "quarantined"))})


STAGE = Stage(
    name="quarantine",
    reads=("bronze.record", "silver.quarantine", "quality.failure"),
    writes=("quality.quarantined",),
    key="global",
    run=run,
    delta=delta,
)
