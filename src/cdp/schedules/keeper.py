"""The keeper: begins what is due, one thing at a time, each in a process of its own.

Invariants: one keeper of a workspace works, others stand by; what was missed while none worked is
done once and not as often as it was missed; a keeper that is told to stop stops what it began,
which the next run takes up where it was.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections import deque
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event, Thread
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from cdp.errors import CdpError, StateError
from cdp.schedules.declared import every
from cdp.settings import cron
from cdp.store.lock import lock
from cdp.store.state import State
from cdp.store.state_schedules import ScheduleRuns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from cdp.schedules.declared import Schedule
    from cdp.settings import Workspace
    from cdp.store.state_schedules import Outcome

_LOG = logging.getLogger(__name__)
_LOOK_EVERY_SECONDS: Final = 1.0
_MISSED: Final = timedelta(days=1)
"""What was due longer ago, while no keeper worked, is left until it is due again."""
_LAST_LINES: Final = 20
_SHOWN: Final = 500
_NICENESS: Final = 10
"""Serving goes before what is done by the clock."""
_PATIENCE_SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True)
class Due:
    """A schedule that is to be begun, and the moment that this run stands for."""

    name: str
    schedule: Schedule
    due_at: datetime


def due(workspace: Workspace, runs: ScheduleRuns, *, since: datetime, now: datetime) -> list[Due]:
    """Return what is due now, what was asked for first, then by the moment it was due.

    `since` is when the keeper began: a schedule that never ran counts from there, one that did
    from its last run, or from a day ago.

    Raises:
        ConfigError: a file does not validate.
    """
    declared = every(workspace)
    asked = [
        Due(run.schedule, declared[run.schedule], run.due_at)
        for run in runs.asked()
        if run.schedule in declared
    ]
    zone, last, paused = ZoneInfo(workspace.about.time_zone), runs.last_begun(), runs.paused()
    timed = []
    for name, schedule in declared.items():
        if name in paused:
            continue
        after = max(last.get(name, since), now - _MISSED)
        at = cron.next_due(schedule.cron, zone, after)
        if at <= now:
            timed.append(Due(name, schedule, at))
    return asked + sorted(timed, key=lambda each: (each.due_at, each.name))


@dataclass(slots=True)
class Keeper:
    """Begins what is due in a workspace until it is told to stop."""

    workspace: Workspace
    clock: Callable[[], datetime]
    _stopping: Event = field(default_factory=Event)
    _thread: Thread | None = None

    def start(self) -> None:
        """Work in a thread of this process."""
        self._thread = Thread(target=self.work, name="schedules")
        self._thread.start()

    def tell_to_stop(self) -> None:
        """Begin nothing more, and stop what was begun."""
        self._stopping.set()

    def stop(self) -> None:
        """Stop what was begun, and return when nothing is going on any more."""
        self.tell_to_stop()
        if self._thread is not None:
            self._thread.join()

    def work(self) -> None:
        """Begin what is due until `stop` is called; stand by while another keeper works."""
        while not self._stopping.is_set():
            with suppress(StateError), lock(self.workspace.home / "schedules.lock", "keeper"):
                self._keep()
            self._stopping.wait(_LOOK_EVERY_SECONDS)

    def _keep(self) -> None:
        since = self.clock()
        with self._runs() as runs:
            runs.give_up_running(at=since)
        while not self._stopping.is_set():
            try:
                with self._runs() as runs:
                    ready = due(self.workspace, runs, since=since, now=self.clock())
                for each in ready:
                    self._carry_out(each)
            except CdpError:
                _LOG.exception("what is due cannot be told or written down; it is looked up again")
            self._stopping.wait(_LOOK_EVERY_SECONDS)

    def _carry_out(self, each: Due) -> None:
        if self._stopping.is_set():
            return
        with self._runs() as runs:
            number = runs.begin(each.name, due_at=each.due_at, at=self.clock())
        if number is None:
            return
        _LOG.info("schedule %s began", each.name)
        outcome, message = self._do(each.schedule)
        with self._runs() as runs:
            runs.end(number, at=self.clock(), outcome=outcome, message=message)
        _LOG.info("schedule %s %s", each.name, outcome)

    def _do(self, schedule: Schedule) -> tuple[Outcome, str]:
        """Return how the command ended, and the last that it said where it did not succeed."""
        words = [sys.executable, "-m", "cdp", *schedule.command]
        environment = os.environ | {"CDP_WORKSPACE": str(self.workspace.root)}
        with subprocess.Popen(  # noqa: S603 - commands of cdp alone can be scheduled
            words,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
        ) as process:
            _give_way(process.pid)
            said: deque[str] = deque(maxlen=_LAST_LINES)
            stopper = Thread(target=self._stop_when_told, args=(process,), daemon=True)
            stopper.start()
            assert process.stderr is not None  # noqa: S101 - it was asked for
            said.extend(line.rstrip() for line in process.stderr)
            code = process.wait()
        if self._stopping.is_set() and code != 0:
            return "stopped", "the server was stopped; the next run takes it up"
        return ("succeeded", "") if code == 0 else ("failed", _last_word(said, code))

    def _stop_when_told(self, process: subprocess.Popen[str]) -> None:
        while process.poll() is None:
            if self._stopping.wait(_LOOK_EVERY_SECONDS):
                process.terminate()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(_PATIENCE_SECONDS)
                    return
                process.kill()
                return

    @contextmanager
    def _runs(self) -> Iterator[ScheduleRuns]:
        with State.open(self.workspace.home) as state:
            yield ScheduleRuns(state)


def _give_way(process: int) -> None:
    with suppress(OSError):  # it may have ended
        os.setpriority(os.PRIO_PROCESS, process, _NICENESS)


def _last_word(said: deque[str], code: int) -> str:
    """Return the error that was said, from its first line on."""
    lines = list(said)
    begun = [at for at, line in enumerate(lines) if line.startswith(("error:", "Error:"))]
    told = " ".join(" ".join(lines[begun[-1] :] if begun else lines[-1:]).split())
    return (told or f"it ended with code {code} and said nothing")[:_SHOWN]
