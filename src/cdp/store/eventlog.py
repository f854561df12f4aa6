"""The durable event log: what is sent here is on the disk before anybody is told so.

Invariants: an append is done when its entries were written and fdatasync returned, with those of
everybody who waited meanwhile in one write; a process writes to a segment of its own; after an
error of the disk nothing that it may have touched is acknowledged, and a new segment is begun;
what waits has a bounded number of bytes.
"""

from __future__ import annotations

import logging
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Condition, Thread
from time import monotonic
from typing import TYPE_CHECKING

from cdp.errors import StateError
from cdp.store.eventlog_entry import ENCODE, Entry, Places, Position
from cdp.store.eventlog_frames import framed
from cdp.store.eventlog_mark import Mark
from cdp.store.eventlog_reading import tail
from cdp.store.eventlog_segment import FOLDER, Segment, recover

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

_LOG = logging.getLogger(__name__)


class LogFullError(StateError):
    """More waits for the disk than the log may hold; try again in `retry_after` seconds."""

    retry_after = 1


class LogBrokenError(StateError):
    """The disk refused; nothing of what was sent was acknowledged."""

    retry_after = 10


@dataclass(frozen=True, slots=True)
class Bounds:
    """When a segment is full, and how much may wait.

    Attributes:
        segment_bytes: a segment is sealed when it has as many.
        segment_seconds: a segment is sealed when it is as old.
        waiting_bytes: more than this never waits for the disk.
    """

    segment_bytes: int = 64 << 20
    segment_seconds: float = 60.0
    waiting_bytes: int = 32 << 20


@dataclass(frozen=True, slots=True)
class _Waiting:
    """What one caller appends: its frames, where each ends, and the promise it was given."""

    data: bytes
    ends: list[int]
    moment: str
    done: Future[Places]

    def keep(self, segment: str, start: int) -> None:
        """Keep the promise: all of it is durable from `start` on."""
        if not self.done.cancelled():
            self.done.set_result(Places(segment, start, self.ends))

    def refuse(self, problem: Exception) -> None:
        """Break the promise."""
        if not self.done.cancelled():
            self.done.set_exception(problem)


class EventLog:
    """The log of a workspace, opened for writing by one process."""

    def __init__(self, home: Path, mark: Mark, bounds: Bounds | None = None) -> None:
        self._folder = home / FOLDER
        self._mark = mark
        self._bounds = bounds or Bounds()
        self._woken = Condition()
        self._waiting: list[_Waiting] = []
        self._bytes = 0
        self._closing = False
        self._segment: Segment | None = None
        self._until = 0.0
        self._committer = Thread(target=self._work, name="event log", daemon=True)

    @staticmethod
    def open(home: Path, bounds: Bounds | None = None) -> EventLog:
        """Return the log of a `.cdp` folder; what dead writers left is sealed first.

        Raises:
            StateError: the folder cannot be written to.
        """
        try:
            recover(home)
            mark = Mark(home)
        except OSError as error:
            raise _refused(home / FOLDER, error) from error
        log = EventLog(home, mark, bounds)
        log._committer.start()
        return log

    @property
    def waiting(self) -> int:
        """How many bytes wait for the disk."""
        return self._bytes

    def append(self, entries: Sequence[Entry], *, wake: bool = True) -> Future[Places]:
        """Return a promise of where the entries are, kept once they are durable.

        The promise fails with LogBrokenError where the disk refuses. Whoever appends often may
        do so without waking the committer, and `wake` it after the last.

        Raises:
            LogFullError: too much waits already; nothing was taken.
            StateError: the log is closed.
        """
        done: Future[Places] = Future()
        if not entries:
            done.set_result(Places("", 0, ()))
            return done
        data, ends = framed(map(ENCODE, entries))
        self._enqueue(_Waiting(data, ends, entries[0].received_at, done))
        if wake:
            self.wake()
        return done

    def wake(self) -> None:
        """Have what was appended committed now."""
        with self._woken:
            self._woken.notify()

    def tail(self, reached: Mapping[str, int] | None = None) -> Iterator[tuple[Position, Entry]]:
        """Yield what is in the log behind `reached`, whoever wrote it; see `eventlog_reading`."""
        return tail(self._folder.parent, reached)

    def close(self) -> None:
        """Commit what waits and seal the segment; nothing can be appended afterwards."""
        with self._woken:
            self._closing = True
            self._woken.notify()
        self._committer.join()
        self._mark.close()

    def _enqueue(self, waiting: _Waiting) -> None:
        with self._woken:
            if self._closing:
                msg = f"the event log {self._folder} is closed; send it again"
                raise StateError(msg)
            if self._bytes + len(waiting.data) > self._bounds.waiting_bytes and self._bytes:
                msg = "more events wait for the disk than may; send them again in a moment"
                raise LogFullError(msg)
            self._bytes += len(waiting.data)
            self._waiting.append(waiting)

    def _work(self) -> None:
        """Commit everything that waits, again and again, until closed."""
        while True:
            taken = self._take()
            if taken:
                self._commit(taken)
                with self._woken:
                    self._bytes -= sum(len(each.data) for each in taken)
            self._rotate(closing=not taken and self._closing)
            if not taken and self._closing:
                return

    def _take(self) -> list[_Waiting]:
        """Return all that waits; nothing where the segment's time is over or the log is closed."""
        with self._woken:
            if not self._waiting and not self._closing:
                left = max(0.0, self._until - monotonic()) if self._segment else None
                self._woken.wait(left)
            taken, self._waiting = self._waiting, []
        for each in taken:
            each.done.set_running_or_notify_cancel()  # from now on nobody can call it off
        return taken

    def _rotate(self, *, closing: bool) -> None:
        segment, bounds = self._segment, self._bounds
        if segment is None:
            return
        if closing or segment.size >= bounds.segment_bytes or monotonic() >= self._until:
            self._segment = None
            segment.seal()

    def _commit(self, taken: list[_Waiting]) -> None:
        try:
            segment, start = self._written(taken)
        except Exception as error:  # noqa: BLE001 - whoever waits is answered, whatever happened
            problem = _refused(self._folder, error)
            _LOG.error("%s", problem)
            for each in taken:
                each.refuse(problem)
            return
        self._mark.move()
        for each in taken:
            each.keep(segment.name, start)
            start += len(each.data)

    def _written(self, taken: list[_Waiting]) -> tuple[Segment, int]:
        """Write all that was taken durably; return the segment, and where in it this begins."""
        if self._segment is None:
            moment = min(each.moment for each in taken)
            self._segment = Segment.begin(self._folder, moment)
            self._until = monotonic() + self._bounds.segment_seconds
        segment, start = self._segment, self._segment.size
        try:
            segment.commit(b"".join(each.data for each in taken))
        except OSError:
            # What the disk did with it is unknown: nothing is ever written behind it.
            self._segment = None
            segment.take_back()
            segment.seal()
            raise
        return segment, start


def _refused(folder: Path, error: Exception) -> LogBrokenError:
    reason = getattr(error, "strerror", None) or error
    return LogBrokenError(
        f"the event log in {folder} cannot be written ({reason}); nothing of "
        "this was taken: see that the disk has room and works, then send it again"
    )
