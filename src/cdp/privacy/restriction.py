"""Restriction of processing (GDPR art. 18): kept and resolved, and neither shown nor used.

What is restricted are source records, so that whoever they are one with after the next run is
restricted with them.
"""

from __future__ import annotations

from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from cdp.privacy.person import sought
from cdp.store.peek import peek
from cdp.store.state import State
from cdp.store.state_privacy import Restrictions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from pathlib import Path

    from cdp.store.state_privacy import Request

_LOOK_EVERY_SECONDS: Final = 1.0
_IDENTITY: Final = frozenset(
    (
        *("profile_id", "account_id", "profile_type", "account_type", "full_name", "given_name"),
        *("middle_name", "family_name", "name", "status", "identifiers", "sources", "explain"),
    )
)


def restrict(home: Path, request: Request, *, at: datetime) -> dict[str, Any]:
    """Restrict the processing of a profile's records; return how many.

    Raises:
        NotFoundError: nothing is known of the profile.
        StateError: a run is going on.
    """
    with peek(home) as warehouse:
        person = sought(home, warehouse, request.subject)
    with State.open(home) as state:
        Restrictions(state).add(person.records, request.request_id, at)
    return {"records": len(person.records)}


def lift(home: Path, request: Request) -> dict[str, Any]:
    """Restrict a profile's records no longer; return how many were.

    Raises:
        NotFoundError: nothing is known of the profile.
        StateError: a run is going on.
    """
    with peek(home) as warehouse:
        person = sought(home, warehouse, request.subject)
    with State.open(home) as state:
        return {"records": Restrictions(state).lift(person.records)}


def holds(home: Path, records: Iterable[str]) -> bool:
    """Whether the processing of whoever has these source records is restricted."""
    with State.open(home) as state:
        return not set(Restrictions(state).every()).isdisjoint(records)


def identity_of(document: dict[str, Any]) -> dict[str, Any]:
    """Return of a profile who it is and nothing else, marked; lists that are left out are empty."""
    left_out: dict[str, Any] = {
        part: [] for part, value in document.items() if isinstance(value, list)
    }
    own = {part: value for part, value in document.items() if part in _IDENTITY}
    return {"restricted": True} | left_out | own


class Restricted:
    """The ids that are restricted now, held in memory and read again when there are others."""

    def __init__(self, home: Path, owner: Callable[[str], str | None]) -> None:
        """Take the folder, and a way to the id that a source record belongs to now."""
        self._home = home
        self._owner = owner
        self._lock = Lock()
        self._looked_at = -1.0
        self._version = 0
        self._records: list[str] = []
        self._ids: frozenset[str] = frozenset()

    def __contains__(self, id_: object) -> bool:
        """Whether the processing of this profile is restricted."""
        now = monotonic()
        if now - self._looked_at >= _LOOK_EVERY_SECONDS:
            self._look(now)
        return id_ in self._ids

    def _look(self, now: float) -> None:
        with self._lock:
            self._looked_at = now
            with State.open(self._home) as state:
                version = state.version("restriction")
                if version != self._version:
                    self._records = Restrictions(state).every()
                    self._version = version
            found = (self._owner(record) for record in self._records)
            self._ids = frozenset(id_ for id_ in found if id_ is not None)
