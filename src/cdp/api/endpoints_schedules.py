"""The endpoints of what is done by the clock."""

from __future__ import annotations

from cdp.api import schedules
from cdp.api.endpoint import Endpoint
from cdp.api.parameters import CURSOR, LIMIT
from cdp.api.schemas import array, obj, page, parameter

_TEXT = {"type": "string"}
_NONE_OR_TEXT = {"type": ["string", "null"]}
_NONE_OR_MOMENT = {"type": ["string", "null"], "format": "date-time"}
_NAME = parameter("name", "path", _TEXT, "name of the schedule")
_RUN = obj(
    {
        "schedule_run_id": {"type": "integer"},
        "schedule": _TEXT,
        "due_at": {"type": "string", "format": "date-time"},
        "asked_by": _NONE_OR_TEXT | {"description": "who asked for it; null where it was due"},
        "started_at": _NONE_OR_MOMENT,
        "finished_at": _NONE_OR_MOMENT,
        "outcome": {"enum": ["asked", "running", "succeeded", "failed", "stopped"]},
        "message": _NONE_OR_TEXT | {"description": "what it said at last, where it failed"},
    },
    *("schedule_run_id", "schedule", "due_at", "outcome"),
)
_PAUSE = obj({"at": _TEXT, "by": _TEXT, "reason": _TEXT}, "at", "by", "reason")
_SCHEDULE = obj(
    {
        "schedule": _TEXT,
        "description": _TEXT,
        "cron": _TEXT,
        "time_zone": _TEXT,
        "command": array(_TEXT),
        "next_due": _NONE_OR_MOMENT | {"description": "null while it is paused"},
        "paused": {"anyOf": [_PAUSE, {"type": "null"}]},
        "last_run": {"anyOf": [_RUN, {"type": "null"}]},
    },
    *("schedule", "cron", "time_zone", "command", "next_due", "paused", "last_run"),
)
_EXAMPLE = {
    "schedule": "nightly",
    "description": "everything, every night",
    "cron": "30 2 * * *",
    "time_zone": "Europe/Berlin",
    "command": ["run"],
    "next_due": "2026-07-02T00:30:00+00:00",
    "paused": None,
    "last_run": None,
}
_WHY = {
    **obj({"why": {"type": "string", "minLength": 1, "maxLength": 2000}}, "why"),
    "additionalProperties": False,
    "examples": [{"why": "the ERP is being moved"}],
}

SCHEDULES: tuple[Endpoint, ...] = (
    Endpoint(
        "GET",
        "/v1/schedules",
        schedules.every,
        "List what is done by the clock: when it is due, and how it went last",
        page(_SCHEDULE),
        (LIMIT, CURSOR),
        problems=(400, 503),
        tag="operations",
        waits=True,
        scope="runs:read",
    ),
    Endpoint(
        "GET",
        "/v1/schedules/{name}/runs",
        schedules.runs,
        "List the runs of a schedule, latest first",
        page(_RUN),
        (_NAME, LIMIT, CURSOR),
        problems=(400, 404, 503),
        tag="operations",
        waits=True,
        scope="runs:read",
    ),
    Endpoint(
        "POST",
        "/v1/schedules/{name}:run",
        schedules.ask,
        "Ask for a schedule now; one that waits already is answered with",
        _RUN,
        (_NAME,),
        problems=(404, 503),
        tag="operations",
        waits=True,
        begins=True,
        scope="schedules:write",
    ),
    Endpoint(
        "POST",
        "/v1/schedules/{name}:pause",
        schedules.pause,
        "Begin a schedule no more until it is resumed",
        _SCHEDULE,
        (_NAME,),
        body=_WHY,
        problems=(400, 404, 413, 503),
        tag="operations",
        example=_EXAMPLE,
        waits=True,
        scope="schedules:write",
    ),
    Endpoint(
        "POST",
        "/v1/schedules/{name}:resume",
        schedules.resume,
        "Begin a schedule again when it is due",
        _SCHEDULE,
        (_NAME,),
        problems=(404, 503),
        tag="operations",
        example=_EXAMPLE,
        waits=True,
        scope="schedules:write",
    ),
)
