"""What people asked about their own data was carried out, and in time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from cdp.checkup.finding import CHECKS, Finding
from cdp.store.state import State
from cdp.store.state_privacy import Requests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdp.checkup.finding import Level, Place

_PATIENCE: Final = timedelta(minutes=15)


def _look(place: Place) -> Iterator[Finding]:
    if not (place.workspace.home / "state.db").exists():
        return
    with State.open(place.workspace.home) as state:
        waiting = Requests(state).waiting()
    late = [request for request in waiting if request.received_at + _PATIENCE < place.now]
    for request in late:
        level: Level = "broken" if request.due_at < place.now else "look"
        said = (
            f"{request.request_id} ({request.type}) waits since {request.received_at:%Y-%m-%d} and "
            f"is due on {request.due_at:%Y-%m-%d}; `cdp privacy work` carries it out"
        )
        yield Finding("privacy", level, said)
    if not late:
        yield Finding("privacy", "well", "no request waits")


CHECKS.add("privacy", _look)
