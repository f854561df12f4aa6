"""What stays of an erased id: that it was issued, and that it was erased. Nothing else.

Invariant: an erased id is answered as erased for ever, and is never issued again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

    from cdp.privacy.person import Person
    from cdp.store import Warehouse

ERASED: Final = "erased"
REASON: Final = "erased at the person's request"
_PROFILE: Final = """
update identity.profile set status = 'erased', seed_record = ''
where list_contains($ids, profile_id)
"""
_OTHERS: Final = """
update identity.history set reason = ''
where list_contains($ids, other_id) and not list_contains($ids, profile_id)
"""
_HISTORY: Final = """
insert into identity.history (profile_id, run_id, event, other_id, records, "at", reason)
select id, $run_id, 'erased', '', 0, $at, $reason
from (select unnest($ids) as id)
where not exists (
    select 1 from identity.history as h where h.profile_id = id and h.event = 'erased'
)
order by id
"""


@dataclass(frozen=True, slots=True)
class Moment:
    """When and in which run of the ledger an erasure happens."""

    run_id: int
    at: datetime


def keep(warehouse: Warehouse, person: Person, when: Moment) -> None:
    """Leave of the person's ids their proof, where the file knows of ids, and nothing else.

    The person was taken out of the tables before.
    """
    there = _there(warehouse)
    ids = list(person.profile_ids)
    connection = warehouse.connection
    if "profile" in there:
        connection.execute(_PROFILE, {"ids": ids})
    if "history" in there:
        connection.execute(_OTHERS, {"ids": ids})
        at = when.at.replace(tzinfo=None)
        params = {"ids": ids, "run_id": when.run_id, "at": at, "reason": REASON}
        warehouse.write(_HISTORY, params)


def note(warehouse: Warehouse, when: Moment) -> None:
    """Say in the ledger that every table is another now, so that a run makes all anew.

    What was concluded with the person's help from rows that stay is not told by the rows that went.
    """
    at = when.at.replace(tzinfo=None)
    execute = warehouse.connection.execute
    execute("delete from ops.run where run_id = ?", [when.run_id])
    execute(
        "insert into ops.run (run_id, as_of, started_at, finished_at, outcome) "
        "values (?, ?, ?, ?, 'erased')",
        [when.run_id, at, at, at],
    )
    execute(
        "insert into ops.stage_run select ?, 'ingest', '', false, 0, '{}', [] "
        "where not exists (select 1 from ops.stage_run where run_id = ? and stage = 'ingest')",
        [when.run_id, when.run_id],
    )
    execute("delete from ops.table_version where table_name = 'bronze.record'")
    execute("insert into ops.table_version values ('bronze.record', ?)", [when.run_id])
    execute("update ops.table_version set version = ?", [when.run_id])


def next_run(warehouse: Warehouse) -> int:
    """Return the number that the next run of the ledger has."""
    sql = "select coalesce(max(run_id), 0) + 1 from ops.run"
    return int(warehouse.query(sql).item())


def _there(warehouse: Warehouse) -> set[str]:
    sql = "select table_name from duckdb_tables() where schema_name = 'identity'"
    return set(warehouse.query(sql)["table_name"])
