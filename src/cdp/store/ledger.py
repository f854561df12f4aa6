"""The ledger of runs: `ops.*`, written beside the work so that both are kept or neither.

A table's version is the last run that changed its rows; a stage's fingerprint is made of the
versions it read, so equal fingerprints mean that there is nothing to do.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from cdp.stage import Report
    from cdp.store.warehouse import Warehouse


class Ledger:
    """What ran in this workspace, and what it changed."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._connection = warehouse.connection

    def begin(self, as_of: datetime, started_at: datetime) -> int:
        """Write down a new run and return its number; a run left running before it failed."""
        self._connection.execute(
            "update ops.run set outcome = 'failed', message = 'the process was stopped' "
            "where outcome = 'running'"
        )
        sql = (
            "insert into ops.run by name select coalesce(max(run_id), 0) + 1 as run_id, "
            "$as_of as as_of, $started_at as started_at, null as finished_at, "
            "'running' as outcome, null as generation, null as message from ops.run "
            "returning run_id"
        )
        params = {"as_of": _naive(as_of), "started_at": _naive(started_at)}
        return int(self._connection.execute(sql, params).fetchall()[0][0])

    def finish(
        self, run_id: int, finished_at: datetime, *, outcome: str, message: str | None = None
    ) -> None:
        """Write down how the run ended."""
        self._connection.execute(
            "update ops.run set outcome = $outcome, message = $message, finished_at = $at "
            "where run_id = $run_id",
            {"run_id": run_id, "outcome": outcome, "message": message, "at": _naive(finished_at)},
        )

    def versions(self, tables: Iterable[str]) -> dict[str, int]:
        """Return the version of each table, 0 for one that no run has changed."""
        rows = self._connection.execute("select table_name, version from ops.table_version")
        known: dict[str, int] = dict(rows.fetchall())
        return {table: known.get(table, 0) for table in tables}

    def changed(self, table: str, run_id: int) -> None:
        """Write down that this run changed the table."""
        self._connection.execute("delete from ops.table_version where table_name = ?", [table])
        self._connection.execute("insert into ops.table_version values (?, ?)", [table, run_id])

    def fingerprint(self, stage: str) -> str | None:
        """Return the fingerprint with which the stage last finished."""
        rows = self._connection.execute(
            "select arg_max(fingerprint, run_id) from ops.stage_run where stage = ?", [stage]
        ).fetchall()
        return str(rows[0][0]) if rows[0][0] is not None else None

    def stage_finished(
        self, run_id: int, stage: str, fingerprint: str, seconds: float, report: Report | None
    ) -> None:
        """Write down that a stage finished; no report means that it had nothing to do."""
        counts: Mapping[str, int] = report.counts if report else {}
        notes = list(report.notes) if report else []
        self._connection.execute(
            "insert into ops.stage_run values (?, ?, ?, ?, ?, ?, ?)",
            [run_id, stage, fingerprint, report is None, seconds, json.dumps(counts), notes],
        )


def _naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)
