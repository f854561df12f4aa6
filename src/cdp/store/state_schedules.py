"""What was done by the clock: asked, begun, ended; and what is paused.

Invariant: a schedule is begun once for a moment at which it was due, however many keepers ask.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from cdp.store.state import moment, stamp

if TYPE_CHECKING:
    from datetime import datetime

    from cdp.store.state import State

Outcome = Literal["asked", "running", "succeeded", "failed", "stopped"]
_COLUMNS: Final = (
    "schedule_run_id, schedule, due_at, asked_by, started_at, finished_at, outcome, message"
)
_KEPT: Final = 1000
"""Ended runs that are remembered of each schedule."""


@dataclass(frozen=True, slots=True)
class ScheduleRun:
    """One run of a schedule.

    Attributes:
        due_at: the moment it stands for; where somebody asked for it, when they did.
        asked_by: who asked; empty where it was due.
        message: what it said at last, where it failed.
    """

    schedule_run_id: int
    schedule: str
    due_at: datetime
    asked_by: str
    started_at: datetime | None
    finished_at: datetime | None
    outcome: Outcome
    message: str


@dataclass(frozen=True, slots=True)
class Pause:
    """A schedule that is not begun for the time being: since when, by whom and why."""

    schedule: str
    at: datetime
    by: str
    reason: str


class ScheduleRuns:
    """The runs and pauses in the state file."""

    def __init__(self, state: State) -> None:
        self._state = state

    def ask(self, schedule: str, *, by: str, at: datetime) -> ScheduleRun:
        """Ask for a run as soon as a keeper can; one that waits already is the answer."""
        with self._state.writing() as connection:
            waiting = self._one("schedule = ? and outcome = 'asked'", schedule)
            if waiting is not None:
                return waiting
            number = connection.execute(
                "insert into schedule_run (schedule, due_at, asked_by, outcome) "
                "values (?, ?, ?, 'asked')",
                (schedule, stamp(at), by),
            ).lastrowid
        found = self._one("schedule_run_id = ?", number)
        assert found is not None  # noqa: S101 - it was just written
        return found

    def asked(self) -> list[ScheduleRun]:
        """Return what was asked for and not begun, the first first."""
        return self._many("outcome = 'asked' order by schedule_run_id")

    def begin(self, schedule: str, *, due_at: datetime, at: datetime) -> int | None:
        """Take the run of this moment, or of the one that was asked then; None: somebody did."""
        with self._state.writing() as connection:
            taken = connection.execute(
                "update schedule_run set outcome = 'running', started_at = ? "
                "where schedule = ? and due_at = ? and outcome = 'asked'",
                (stamp(at), schedule, stamp(due_at)),
            ).rowcount
            if not taken:
                try:
                    connection.execute(
                        "insert into schedule_run (schedule, due_at, started_at, outcome) "
                        "values (?, ?, ?, 'running')",
                        (schedule, stamp(due_at), stamp(at)),
                    )
                except sqlite3.IntegrityError:
                    return None
            found = connection.execute(
                "select schedule_run_id from schedule_run where schedule = ? and due_at = ?",
                (schedule, stamp(due_at)),
            ).fetchall()
        return int(found[0][0])

    def end(self, number: int, *, at: datetime, outcome: Outcome, message: str = "") -> None:
        """Write down how a run ended, and forget those of its schedule that are long past."""
        with self._state.writing() as connection:
            connection.execute(
                "update schedule_run set finished_at = ?, outcome = ?, message = ? "
                "where schedule_run_id = ?",
                (stamp(at), outcome, message, number),
            )
            connection.execute(
                "delete from schedule_run where finished_at is not null and schedule_run_id <= ("
                "select max(schedule_run_id) - ? from schedule_run) and schedule = ("
                "select schedule from schedule_run where schedule_run_id = ?)",
                (_KEPT, number),
            )

    def give_up_running(self, *, at: datetime) -> int:
        """Write down that runs which nobody keeps any more were stopped; return how many."""
        with self._state.writing() as connection:
            return connection.execute(
                "update schedule_run set finished_at = ?, outcome = 'stopped', "
                "message = 'the process that kept it was stopped' where outcome = 'running'",
                (stamp(at),),
            ).rowcount

    def last_begun(self) -> dict[str, datetime]:
        """Return by schedule when a run that was due was begun last."""
        rows = self._state.connection.execute(
            "select schedule, max(started_at) from schedule_run "
            "where started_at is not null and asked_by = '' group by schedule"
        ).fetchall()
        return {name: moment(at) for name, at in rows}

    def of(self, schedule: str, *, before: int | None = None, limit: int) -> list[ScheduleRun]:
        """Return the runs of a schedule, latest first, from before this number on."""
        return self._many(
            "schedule = ? and schedule_run_id < ? order by schedule_run_id desc limit ?",
            *(schedule, before if before is not None else 1 << 62, limit),
        )

    def last(self) -> dict[str, ScheduleRun]:
        """Return the last run of each schedule."""
        rows = self._many(
            "schedule_run_id in (select max(schedule_run_id) from schedule_run group by schedule)"
        )
        return {row.schedule: row for row in rows}

    def pause(self, schedule: str, *, by: str, reason: str, at: datetime) -> None:
        """Begin it no more until it is resumed; a pause that holds already stays as it is."""
        with self._state.writing() as connection:
            connection.execute(
                "insert or ignore into schedule_pause values (?, ?, ?, ?)",
                (schedule, stamp(at), by, reason),
            )

    def resume(self, schedule: str) -> bool:
        """Begin it again when it is due; return whether it was paused."""
        with self._state.writing() as connection:
            sql = "delete from schedule_pause where schedule = ?"
            return bool(connection.execute(sql, (schedule,)).rowcount)

    def paused(self) -> dict[str, Pause]:
        """Return what is paused, by schedule."""
        rows = self._state.connection.execute("select schedule, at, by, reason from schedule_pause")
        return {name: Pause(name, moment(at), by, why) for name, at, by, why in rows.fetchall()}

    def _one(self, condition: str, *values: object) -> ScheduleRun | None:
        found = self._many(condition, *values)
        return found[0] if found else None

    def _many(self, condition: str, *values: Any) -> list[ScheduleRun]:  # noqa: ANN401 - what SQLite takes
        sql = f"select {_COLUMNS} from schedule_run where {condition}"  # noqa: S608 - ours
        return [_read(row) for row in self._state.connection.execute(sql, values).fetchall()]


def _read(row: tuple[Any, ...]) -> ScheduleRun:
    number, schedule, due_at, asked_by, started_at, finished_at, outcome, message = row
    return ScheduleRun(
        schedule_run_id=number,
        schedule=schedule,
        due_at=moment(due_at),
        asked_by=asked_by,
        started_at=None if started_at is None else moment(started_at),
        finished_at=None if finished_at is None else moment(finished_at),
        outcome=outcome,
        message=message,
    )
