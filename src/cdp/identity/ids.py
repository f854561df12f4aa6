"""Carry ids from one clustering to the next: set-based, deterministic, nothing ever forgotten.

Invariant: an id once issued always resolves, in one step: it is live, or an alias of an id that
is no alias, or emptied. Who holds an id depends on the clusters and the past alone, never on
row order, the clock, chance or the number of the run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cdp.store import Statement
from cdp.store.narrow import scoped

if TYPE_CHECKING:
    from collections.abc import Mapping
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

TABLES: Final[Mapping[str, str]] = {
    "ids_write_assignment": "record_id in (select record_id from step.ids_flow)",
    "ids_write_profile": "profile_id in (select profile_id from step.ids_profile)",
    "ids_write_alias": "retired_id in (select retired_id from step.ids_alias)",
}
"""Statements that make the new state the tables' content, and the rows that each replaces."""

SEEDS: Final = "seed_record in (select record_id from step.ids_cluster where {})"
HOLDERS: Final = "profile_id in (select profile_id from identity.assignment where {})"
LEFT: Final = "record_l in (select record_id from step.ids_cluster where {})"


def carry(
    warehouse: Warehouse, *, run_id: int, at: datetime, scope: str | None = None
) -> dict[str, int]:
    """Give every cluster its id and write assignment, profile, alias and history.

    `step.ids_cluster` holds the clusters: `record_id` (unique), `cluster`, `entity_type` (the
    same for a whole cluster) and `evidence` (kept with the record). `identity.edge` is asked
    only for the reasons of merges.
    The same clusters again leave every table as it was.

    Args:
        warehouse: where all of this lies.
        run_id: number of the run.
        at: moment that the history names.
        scope: condition on `record_id` that holds for every record whose cluster may be new, and
            for all records of their clusters and profiles, of now and before; None: all.

    Returns:
        The changes of this run by event (`born`, `merged_into`, ...); absent means none.
    """
    given: dict[str, object] = {"run_id": run_id, "at": at}
    for name in STEPS:
        statement = _within(name, scope)
        warehouse.make(statement, **{p: given[p] for p in statement.params})
    warehouse.append(Statement.load(PACKAGE, "ids_history"), **given)
    for name, stale in TABLES.items():
        statement = Statement.load(PACKAGE, name)
        if scope is None:
            warehouse.replace(statement)
        else:
            warehouse.redo(statement, stale)
    changes = warehouse.query(
        "select event, count(*) as changes from step.ids_change group by event order by event"
    )
    return dict(changes.iter_rows())


def _within(name: str, scope: str | None) -> Statement:
    """Return the statement over the records and ids that the scope can reach."""
    statement = Statement.load(PACKAGE, name)
    if scope is None:
        return statement
    reached = {
        "step.ids_cluster": scope,
        "identity.assignment": scope,
        "identity.alias": "profile_id in (select retired_id from step.ids_retired)",
        "identity.edge": LEFT.format(scope),
    }
    if name == "ids_cluster_id":
        reached["identity.profile"] = SEEDS.format(scope)
    if name == "ids_profile":
        reached["identity.profile"] = HOLDERS.format(scope)
    return scoped(statement, reached)
