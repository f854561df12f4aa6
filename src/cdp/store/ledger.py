"""The ledger of runs: `ops.*`, written beside the work so that both are kept or neither.

A table's version is the last run that changed its rows; a stage's fingerprint is made of its
rules and of the versions it read, so equal fingerprints mean that there is nothing to do. Where a
stage worked on a delta, the keys that it touched are kept until every later stage has seen them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdp.store.narrow import KEYS, touched

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from cdp.stage import Key, Report
    from cdp.store.warehouse import Warehouse


@dataclass(frozen=True, slots=True)
class Finished:
    """The run in which a stage last finished, and what it was a function of."""

    run_id: int
    fingerprint: str


class Ledger:
    """What ran in this workspace, and what it changed."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
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
        self,
        run_id: int,
        finished_at: datetime,
        *,
        outcome: str,
        message: str | None = None,
        generation: int | None = None,
    ) -> None:
        """Write down how the run ended, and the generation that it published."""
        self._connection.execute(
            "update ops.run set outcome = $outcome, message = $message, finished_at = $at, "
            "generation = $generation where run_id = $run_id",
            {
                "run_id": run_id,
                "outcome": outcome,
                "message": message,
                "at": _naive(finished_at),
                "generation": generation,
            },
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

    def last(self, stage: str) -> Finished | None:
        """Return when and under which fingerprint the stage last finished; None: it never did."""
        rows = self._connection.execute(
            "select run_id, fingerprint from ops.stage_run where stage = ? "
            "order by run_id desc limit 1",
            [stage],
        ).fetchall()
        return Finished(int(rows[0][0]), str(rows[0][1])) if rows else None

    def all_deltas(self, stages: Sequence[str], since: int) -> bool:
        """Return whether none of these stages worked on everything after that run."""
        rows = self._connection.execute(
            "select count(*) from ops.stage_run as worked "
            "left join ops.stage_delta as d on d.run_id = worked.run_id and d.stage = worked.stage "
            "where worked.run_id > $since and list_contains($stages, worked.stage) "
            "and not worked.skipped and d.stage is null",
            {"since": since, "stages": list(stages)},
        ).fetchall()
        return int(rows[0][0]) == 0

    def gather(self, stages: Sequence[str], since: int) -> dict[Key, int]:
        """Fill `step.touched_<kind>` with what these stages touched after that run; count them."""
        counts: dict[Key, int] = {}
        for kind in KEYS:
            target = touched(kind)
            self._connection.execute(f"create or replace table {target} ({kind} varchar not null)")
            counts[kind] = self._warehouse.write(
                f"insert into {target} select distinct key from ops.touched "  # noqa: S608 - ours
                "where kind = $kind and run_id > $since and list_contains($stages, stage)",
                {"kind": kind, "since": since, "stages": list(stages)},
            )
        return counts

    def worked_on_delta(
        self, run_id: int, stage: str, since: int, touched_in: Mapping[Key, str]
    ) -> None:
        """Write down that the stage worked on a delta, and the keys that it touched."""
        insert = "insert into ops.stage_delta values (?, ?, ?)"
        self._connection.execute(insert, [run_id, stage, since])
        for kind, table in touched_in.items():
            self._warehouse.write(
                "insert into ops.touched "  # noqa: S608 - our own names
                f"select distinct $run_id::bigint, $stage, $kind, {kind} from {table}",
                {"run_id": run_id, "stage": stage, "kind": kind},
            )

    def forget_touched(self, stages: Sequence[str]) -> None:
        """Forget the touched keys that all of these stages have seen."""
        self._connection.execute(
            "delete from ops.touched where run_id <= (select min(seen) from "
            "(select max(run_id) as seen from ops.stage_run "
            "where list_contains($stages, stage) group by stage))",
            {"stages": list(stages)},
        )

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
