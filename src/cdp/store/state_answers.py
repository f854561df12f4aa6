"""What was answered to requests that callers may send again, kept in the state file for a day."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from cdp.errors import CdpError
from cdp.store.state import stamp
from cdp.store.state_acts import ReusedKeyError

if TYPE_CHECKING:
    from datetime import datetime

    from cdp.store.state import State

KEPT: Final = timedelta(days=1)
_GIVEN_UP: Final = timedelta(minutes=5)
"""After which a request that never ended, as in a process that was killed, may begin again."""
_NOT_YET: Final = 0


class UnderWayError(CdpError):
    """The same request, under the same Idempotency-Key, is being carried out."""


class Asking(NamedTuple):
    """A request: its caller and Idempotency-Key, and a fingerprint of what was sent."""

    caller: str
    key: str
    request: str


class Answered(NamedTuple):
    """An answer: its status, where it leads, and its body."""

    status: int
    location: str
    body: bytes


class Answers:
    """The table `answered` of the state file."""

    def __init__(self, state: State) -> None:
        self._state = state

    def begin(self, asked: Asking, at: datetime) -> Answered | None:
        """Return what was answered before; None: nothing, and it is noted as begun now.

        Raises:
            ReusedKeyError: the key came with another request before.
            UnderWayError: the same request is being carried out.
        """
        with self._state.writing() as connection:
            connection.execute(
                "delete from answered where at < ? or (status = ? and at < ?)",
                (stamp(at - KEPT), _NOT_YET, stamp(at - _GIVEN_UP)),
            )
            rows = connection.execute(
                "select request, status, location, body from answered where caller = ? and key = ?",
                asked[:2],
            ).fetchall()
            if not rows:
                values = (*asked, _NOT_YET, "", b"", stamp(at))
                connection.execute("insert into answered values (?, ?, ?, ?, ?, ?, ?)", values)
                return None
        request, status, location, body = rows[0]
        if request != asked.request:
            msg = (
                f"the Idempotency-Key {asked.key!r} came with another request before; "
                "send a new key"
            )
            raise ReusedKeyError(msg)
        if status == _NOT_YET:
            msg = "this very request is being carried out; ask again for its answer in a moment"
            raise UnderWayError(msg)
        return Answered(status, location, bytes(body))

    def end(self, asked: Asking, answered: Answered) -> None:
        """Keep what was answered."""
        with self._state.writing() as connection:
            connection.execute(
                "update answered set status = ?, location = ?, body = ? "
                "where caller = ? and key = ?",
                (*answered, *asked[:2]),
            )

    def forget(self, asked: Asking) -> None:
        """Forget a request, so that it may be sent again."""
        with self._state.writing() as connection:
            connection.execute("delete from answered where caller = ? and key = ?", asked[:2])

    def forget_all(self) -> int:
        """Forget every answer, as one may speak of somebody who is erased; return how many."""
        with self._state.writing() as connection:
            connection.execute("pragma secure_delete = on")
            return connection.execute("delete from answered").rowcount
