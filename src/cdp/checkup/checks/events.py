"""The event log is whole, and runs land what is in it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from cdp.checkup.finding import CHECKS, Finding
from cdp.errors import CdpError
from cdp.store import manifest
from cdp.store.eventlog_probe import contents
from cdp.store.eventlog_reading import Tail
from cdp.store.eventlog_segment import CUT, FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdp.checkup.finding import Place

_OLD: Final = timedelta(days=1)


def _look(place: Place) -> Iterator[Finding]:
    home = place.workspace.home
    found = contents(home)
    if not found.live and not found.sealed and not found.set_aside:
        return
    tail = Tail(home)
    entries, first = 0, ""
    reached = _reached(place)
    try:
        for position, entry in tail.read():
            entries += 1
            if not first and position.offset > reached.get(position.segment, 0):
                first = entry.received_at
    except (OSError, msgspec.MsgspecError) as error:
        yield Finding("event log", "broken", f"it cannot be read ({error}); restore a back-up")
        return
    finally:
        tail.close()
    for segment, offset in sorted(tail.damaged.items()):
        said = f"{segment} is damaged from byte {offset:,} on; what lies behind is lost"
        yield Finding("event log", "broken", f"{said}, a back-up may have it")
    yield from _set_aside(place)
    said = f"{entries:,} entries in {found.live + found.sealed} segments, {found.size:,} bytes"
    yield Finding("event log", "well", said)
    if first and place.now - datetime.fromisoformat(first) > _OLD:
        said = f"what was received on {first[:16]} was never landed; `cdp run` does it"
        yield Finding("event log", "look", said)


def _set_aside(place: Place) -> Iterator[Finding]:
    cut = sorted((place.workspace.home / FOLDER).glob(f"*{CUT}"))
    if cut:
        size = sum(path.stat().st_size for path in cut)
        said = f"{len(cut)} tails of writers that died, {size:,} bytes, are set aside as *{CUT}"
        yield Finding("event log", "look", f"{said}: nobody was told they were kept; remove them")


def _reached(place: Place) -> dict[str, int]:
    try:
        served = manifest.current(place.workspace.home)
    except CdpError:
        return {}  # `published` says so
    return dict(served.log) if served is not None else {}


CHECKS.add("events", _look)
