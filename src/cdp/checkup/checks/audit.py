"""The audit log is as it was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdp.checkup.finding import CHECKS, Finding
from cdp.errors import CdpError
from cdp.store.audit_check import check
from cdp.store.state import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdp.checkup.finding import Place


def _look(place: Place) -> Iterator[Finding]:
    if not (place.workspace.home / "state.db").exists():
        return
    try:
        with State.open(place.workspace.home) as state:
            found = check(state)
    except CdpError as error:
        yield Finding("audit log", "broken", str(error))
        return
    for problem in found.problems:
        yield Finding("audit log", "broken", f"{problem}; somebody changed it: compare a back-up")
    if not found.problems:
        yield Finding("audit log", "well", f"{found.entries:,} entries, none changed")


CHECKS.add("audit", _look)
