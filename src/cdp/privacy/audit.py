"""The audit trail of a server: noted without waiting, written in batches; and what keys are used.

Bounds: an access is on disk at most one second after it was noted, earlier when 10,000 wait; a
clean stop writes the rest. What a killed process loses is that last second, no more. When the
state file cannot be written, accesses wait in memory up to 100,000, then requests are refused.
"""

from __future__ import annotations

import logging
from threading import Event, Lock, Thread
from time import monotonic
from typing import TYPE_CHECKING

from cdp.errors import CdpError, StateError
from cdp.store.state import State
from cdp.store.state_audit import Access, AuditLog
from cdp.store.state_keys import StoredKeys

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

_WAIT_SECONDS = 1.0
_TELL_SECONDS = 60.0
_BATCH = 10_000
_MOST_WAITING = 100_000
_LOG = logging.getLogger(__name__)


def erase_details(home: Path, subjects: Sequence[str], *, at: datetime, actor: str) -> int:
    """Take away from the audit log who was meant by each of these subjects; return how many times.

    Subjects are ids of profiles and accounts, ids of records and whatever else was noted; that
    somebody did something then stays, and the log still verifies.

    Raises:
        StateFileError: the state file cannot be written.
    """
    by = Access(at, "", actor, "", "", "", "")
    with State.open(home) as state:
        return AuditLog(state).erase_details(subjects, by)


class Auditor:
    """Takes accesses from any thread and writes them from one of its own."""

    def __init__(
        self, home: Path, used: Callable[[], Mapping[str, datetime]] | None = None
    ) -> None:
        self._home = home
        self._used = used
        self._told_at = monotonic()
        self._waiting: list[Access] = []
        self._lock = Lock()
        self._writing = Lock()
        self._full = Event()
        self._stopped = False
        self._thread = Thread(target=self._work, name="audit", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many accesses are not written yet."""
        return len(self._waiting)

    def note(self, access: Access) -> None:
        """Take an access; it is written soon.

        Raises:
            StateError: too many wait because the state file cannot be written.
        """
        with self._lock:
            if len(self._waiting) >= _MOST_WAITING:
                msg = "accesses cannot be audited, so none is given; see the server's log"
                raise StateError(msg)
            self._waiting.append(access)
            many = len(self._waiting) >= _BATCH
        if many:
            self._full.set()

    def flush(self) -> None:
        """Write everything noted so far; what cannot be written stays waiting."""
        with self._writing:
            with self._lock:
                batch, self._waiting = self._waiting, []
            if batch:
                self._write(batch)

    def close(self) -> None:
        """Write the rest and stop."""
        self._stopped = True
        self._full.set()
        self._thread.join()
        self.flush()
        self._tell_used()

    def _write(self, batch: list[Access]) -> None:
        try:
            with State.open(self._home) as state:
                AuditLog(state).append(batch)
        except CdpError:
            with self._lock:
                self._waiting = batch + self._waiting
            raise

    def _tell_used(self) -> None:
        used = self._used() if self._used is not None else {}
        if used:
            with State.open(self._home) as state:
                StoredKeys(state).used(used)

    def _work(self) -> None:
        while not self._stopped:
            self._full.wait(_WAIT_SECONDS)
            self._full.clear()
            try:
                self.flush()
                if monotonic() - self._told_at >= _TELL_SECONDS:
                    self._told_at = monotonic()
                    self._tell_used()
            except CdpError:
                _LOG.exception("the audit log cannot be written; accesses wait in memory")
