"""Carry ids from one clustering to the next: set-based, deterministic, nothing ever forgotten.

Invariant: an id once issued always resolves, in one step: it is live, or an alias of an id that
is no alias, or emptied. Who holds an id depends on the clusters and the past alone, never on
row order, the clock, chance or the number of the run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cdp.store import Statement

if TYPE_CHECKING:
    from datetime import datetime

    from cdp.store import Warehouse

PACKAGE: Final = "cdp.identity"
STEPS: Final = (
    "ids_claim",
    "ids_holder",
    "ids_cluster_id",
    "ids_retired",
    "ids_flow",
    "ids_alias",
    "ids_profile",
    "ids_merge_evidence",
    "ids_change",
)
"""Statements that work out the new state in `step.*`, in order; they only read `identity.*`."""

TABLES: Final = ("ids_write_assignment", "ids_write_profile", "ids_write_alias")
"""Statements that make the new state the tables' content."""


def carry(warehouse: Warehouse, *, run_id: int, at: datetime) -> dict[str, int]:
    """Give every cluster its id and write assignment, profile, alias and history.

    `step.ids_cluster` holds the clusters: `record_id` (unique), `cluster`, `entity_type` (the
    same for a whole cluster) and `evidence` (kept with the record). `identity.edge` is asked
    only for the reasons of merges.
    The same clusters again leave every table as it was.

    Returns:
        The changes of this run by event (`born`, `merged_into`, ...); absent means none.
    """
    given: dict[str, object] = {"run_id": run_id, "at": at}
    for name in STEPS:
        statement = Statement.load(PACKAGE, name)
        warehouse.make(statement, **{p: given[p] for p in statement.params})
    warehouse.append(Statement.load(PACKAGE, "ids_history"), **given)
    for name in TABLES:
        warehouse.replace(Statement.load(PACKAGE, name))
    changes = warehouse.query(
        "select event, count(*) as changes from step.ids_change group by event order by event"
    )
    return dict(changes.iter_rows())
