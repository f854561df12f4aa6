"""What is told of schedules: when each is due next, how it went last, whether it is paused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from cdp.schedules.declared import every
from cdp.settings import cron
from cdp.store.state import State
from cdp.store.state_schedules import ScheduleRuns

if TYPE_CHECKING:
    from datetime import datetime

    from cdp.settings import Workspace
    from cdp.store.state_schedules import Pause, ScheduleRun


PATIENCE: Final = timedelta(minutes=5)
"""So long after it was due a schedule is not overdue yet."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a schedule stands: its last run, how long it is overdue in seconds, whether paused."""

    schedule: str
    last: ScheduleRun | None
    overdue: float
    is_paused: bool


def late(workspace: Workspace, now: datetime) -> list[Standing]:
    """Return how each schedule of a workspace stands, by name.

    Raises:
        ConfigError: a file does not validate.
        StateFileError: the state file cannot be read.
    """
    declared = every(workspace)
    if not declared:
        return []
    with State.open(workspace.home) as state:
        runs = ScheduleRuns(state)
        last, paused = runs.last(), runs.paused()
    zone = ZoneInfo(workspace.about.time_zone)
    found = []
    for name, schedule in declared.items():
        run, overdue = last.get(name), 0.0
        if run is not None and name not in paused:
            due = cron.next_due(schedule.cron, zone, run.due_at)
            overdue = (now - due).total_seconds() if due + PATIENCE < now else 0.0
        found.append(Standing(name, run, overdue, name in paused))
    return found


def listing(workspace: Workspace, now: datetime) -> list[dict[str, Any]]:
    """Return the schedules of a workspace by name, in words that JSON knows.

    Raises:
        ConfigError: a file does not validate.
        StateFileError: the state file cannot be read.
    """
    declared = every(workspace)
    with State.open(workspace.home) as state:
        runs = ScheduleRuns(state)
        last, paused = runs.last(), runs.paused()
    zone = ZoneInfo(workspace.about.time_zone)
    return [
        {
            "schedule": name,
            "description": schedule.description,
            "cron": schedule.cron,
            "time_zone": workspace.about.time_zone,
            "command": list(schedule.command),
            "next_due": None
            if name in paused
            else cron.next_due(schedule.cron, zone, now).isoformat(),
            "paused": _pause(paused[name]) if name in paused else None,
            "last_run": told(last[name]) if name in last else None,
        }
        for name, schedule in declared.items()
    ]


def told(run: ScheduleRun) -> dict[str, Any]:
    """Return a run of a schedule in words that JSON knows."""
    return {
        "schedule_run_id": run.schedule_run_id,
        "schedule": run.schedule,
        "due_at": run.due_at.isoformat(),
        "asked_by": run.asked_by or None,
        "started_at": run.started_at.isoformat() if run.started_at else None,
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
        "outcome": run.outcome,
        "message": run.message or None,
    }


def _pause(pause: Pause) -> dict[str, str]:
    return {"at": pause.at.isoformat(), "by": pause.by, "reason": pause.reason}
