"""The state file and the working file can be read, and the last run went through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cdp.checkup.finding import CHECKS, Finding
from cdp.errors import CdpError
from cdp.store.overview import overview
from cdp.store.peek import peek
from cdp.store.state import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdp.checkup.finding import Place

_SHOWN: Final = 300


def _look(place: Place) -> Iterator[Finding]:
    home = place.workspace.home
    if (home / "state.db").exists():
        yield _state(place)
    if not (home / "work.duckdb").exists():
        yield Finding("working file", "look", "there was no run yet; `cdp run` makes the first")
        return
    try:
        with peek(home) as warehouse:
            last = overview(warehouse)["run"]
    except CdpError as error:
        is_running = "another run holds" in str(error)
        yield Finding("working file", "well" if is_running else "broken", str(error))
        return
    if last is None:
        yield Finding("last run", "look", "there was no run yet; `cdp run` makes the first")
    elif last["outcome"] == "failed":
        yield Finding(
            "last run", "look", f"run {last['run_id']} failed: {last['message'][:_SHOWN]}"
        )
    else:
        yield Finding("last run", "well", f"run {last['run_id']} {last['outcome']}")


def _state(place: Place) -> Finding:
    try:
        with State.open(place.workspace.home) as state:
            said = str(state.connection.execute("pragma quick_check(1)").fetchall()[0][0])
    except CdpError as error:
        return Finding("state file", "broken", str(error))
    if said != "ok":
        return Finding("state file", "broken", f"{said}; put a back-up back with `cdp restore`")
    return Finding("state file", "well", "can be read and is whole")


CHECKS.add("state", _look)
