"""What is done by the clock was done, and went well."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from cdp.checkup.finding import CHECKS, Finding
from cdp.errors import CdpError
from cdp.schedules.declared import every
from cdp.settings import cron
from cdp.store.state import State
from cdp.store.state_schedules import ScheduleRuns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdp.checkup.finding import Place

_PATIENCE: Final = timedelta(minutes=5)


def _look(place: Place) -> Iterator[Finding]:
    try:
        declared = every(place.workspace)
        zone = ZoneInfo(place.workspace.about.time_zone)
    except CdpError:
        return  # `files` says so
    if not declared or not (place.workspace.home / "state.db").exists():
        return
    with State.open(place.workspace.home) as state:
        runs = ScheduleRuns(state)
        last, paused = runs.last(), runs.paused()
    for name, schedule in declared.items():
        run = last.get(name)
        if name in paused:
            said = f"{name} is paused since {paused[name].at:%Y-%m-%d}: {paused[name].reason}"
            yield Finding("schedule", "look", said)
        elif run is None:
            said = f"{name} never ran; `cdp serve --schedules` or `cdp schedule keep` begins it"
            yield Finding("schedule", "look", said)
        elif run.outcome in {"failed", "stopped"}:
            yield Finding("schedule", "look", f"{name} {run.outcome} last: {run.message}")
        elif cron.next_due(schedule.cron, zone, run.due_at) + _PATIENCE < place.now:
            said = f"{name} is overdue since {run.due_at:%Y-%m-%d %H:%M}: nobody keeps schedules"
            yield Finding("schedule", "look", said)
        else:
            yield Finding("schedule", "well", f"{name} {run.outcome} {run.due_at:%Y-%m-%d %H:%M}")


CHECKS.add("schedules", _look)
