"""Whose processing is restricted, kept out of what stages make of profiles.

Invariant: who is restricted has no score and is in no segment after the run, and who no longer is
gets both again in the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from cdp.store.narrow import touched
from cdp.store.state import State
from cdp.store.state_privacy import Restrictions

if TYPE_CHECKING:
    from pathlib import Path

    from cdp.store.warehouse import Warehouse

TOPIC: Final = "restriction"
_IDS: Final = """
select distinct profile_id from identity.assignment
where list_contains($records, record_id)
order by profile_id
"""


def keep_out(warehouse: Warehouse, home: Path, table: str) -> None:
    """Remove the restricted from a private table of a stage, by `profile_id`."""
    ids = _restricted(warehouse, home)
    if ids:
        warehouse.connection.execute(
            f"delete from {table} where list_contains($ids, profile_id)",  # noqa: S608 - ours
            {"ids": ids},
        )


def note(warehouse: Warehouse, home: Path, stage: str) -> None:
    """Touch who is restricted now and was not when the stage last worked, or the other way."""
    table, now = f"step.{stage}_restricted", _restricted(warehouse, home)
    known = warehouse.query(
        "select count(*) from duckdb_tables() where schema_name || '.' || table_name = $table",
        table=table,
    ).item()
    before = warehouse.query(f"select profile_id from {table}")["profile_id"] if known else ()  # noqa: S608
    for id_ in sorted(set(now) ^ set(before)):
        warehouse.connection.execute(
            f"insert into {touched('profile_id')} select $id where $id not in "  # noqa: S608 - ours
            f"(select profile_id from {touched('profile_id')})",
            {"id": id_},
        )
    remember(warehouse, home, stage)


def remember(warehouse: Warehouse, home: Path, stage: str) -> None:
    """Keep who is restricted now for the stage's next work on a delta."""
    frame = pl.DataFrame({"profile_id": _restricted(warehouse, home)}, {"profile_id": pl.String})
    warehouse.put(f"step.{stage}_restricted", frame)


def _restricted(warehouse: Warehouse, home: Path) -> list[str]:
    if not (home / "state.db").exists():
        return []
    with State.open(home) as state:
        records = Restrictions(state).every()
    return list(warehouse.query(_IDS, records=records)["profile_id"]) if records else []
