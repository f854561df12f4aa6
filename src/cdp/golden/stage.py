"""Stage golden: the golden record of every id, and all that hangs on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdp.golden.plan import EVENTS, plan
from cdp.golden.survivorship import SURVIVORSHIP
from cdp.stage import Report, Run, Stage

if TYPE_CHECKING:
    from cdp.store import Warehouse

_SILVER_EVENTS = ("order", "order_line", "product", *EVENTS)


def run(run: Run) -> Report:
    """Rebuild every gold table of this stage and report what they hold.

    Raises:
        ReconciliationError: a source record has no profile, or an event was lost.
    """
    warehouse = run.warehouse
    survivorship = run.workspace.one(SURVIVORSHIP)
    for statement in plan(survivorship):
        if statement.writes.startswith("step."):
            warehouse.make(statement)
        else:
            warehouse.replace(statement)
    return Report(counts=_counts(warehouse))


def _counts(warehouse: Warehouse) -> dict[str, int]:
    return {"profiles": warehouse.count("gold.profile")}


STAGE = Stage(
    name="golden",
    reads=(
        "silver.record",
        "silver.attribute",
        "silver.identifier",
        "silver.consent",
        "silver.relationship",
        *(f"silver.{name}" for name in _SILVER_EVENTS),
        "identity.assignment",
        "identity.blocked_value",
    ),
    writes=(
        "gold.profile",
        "gold.account",
        "gold.attribute",
        "gold.identifier",
        "gold.source_record",
        "gold.consent",
        "gold.relationship",
        "gold.household",
        *(f"gold.{name}" for name in _SILVER_EVENTS),
    ),
    key="profile_id",
    run=run,
    config=(SURVIVORSHIP,),
)
