"""The way in: what is sent to this process is answered when it is on the disk, not before."""

from __future__ import annotations

from asyncio import Future, get_running_loop
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cdp.collect.receivers import Receivers
from cdp.store.eventlog import EventLog

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future as Committed

    from cdp.settings import Workspace
    from cdp.store.eventlog_entry import Entry, Places, Position

    Done = Committed[Places]
    _Settled = tuple[Future[Sequence[Position]], Done]


@dataclass(frozen=True, slots=True)
class Intake:
    """The event log of a workspace, and who takes what is sent; used by one event loop.

    `_settled` is who waits to be told, `_asleep` the log where it is still to be woken.
    """

    log: EventLog
    receivers: Receivers
    _settled: deque[_Settled] = field(default_factory=deque)
    _asleep: list[EventLog] = field(default_factory=list)

    @staticmethod
    def open(workspace: Workspace) -> Intake:
        """Return the way in of a workspace.

        Raises:
            StateError: its log cannot be written to.
        """
        return Intake(EventLog.open(workspace.home), Receivers(workspace))

    def keep(self, entries: Sequence[Entry]) -> Future[Sequence[Position]]:
        """Return a promise of where the entries are, kept once they are durable.

        The entries themselves are needed no longer.

        Raises:
            LogFullError: more waits for the disk than may.
        """
        loop = get_running_loop()
        kept: Future[Sequence[Position]] = loop.create_future()

        def settled(done: Done) -> None:
            # One commit settles many: the loop is woken once for all of them.
            self._settled.append((kept, done))
            if len(self._settled) == 1:
                loop.call_soon_threadsafe(self._tell)

        self.log.append(entries, wake=False).add_done_callback(settled)
        if not self._asleep:
            # One commit for all that arrives in this turn of the loop.
            self._asleep.append(self.log)
            loop.call_soon(self._wake)
        return kept

    def _wake(self) -> None:
        self._asleep.pop().wake()

    def _tell(self) -> None:
        """Tell everybody who waits what became of their entries."""
        while self._settled:
            kept, done = self._settled[0]
            error = done.exception()
            if not kept.cancelled():
                if error is None:
                    kept.set_result(done.result())
                else:
                    kept.set_exception(error)
            self._settled.popleft()

    def close(self) -> None:
        """Write what waits, and give the log back."""
        self.log.close()
