"""Schedules over HTTP: when each is due, how it went, asking for it now, pausing it."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Annotated

import msgspec

from cdp.api.decoding import decoded
from cdp.api.paging import reply_sorted
from cdp.errors import ConfigError, NotFoundError, StateError, UnknownNameError
from cdp.schedules import declared
from cdp.schedules.listing import listing, told
from cdp.settings import Workspace
from cdp.store.state import State
from cdp.store.state_schedules import ScheduleRuns

if TYPE_CHECKING:
    from cdp.api.answer import Answer
    from cdp.api.call import Call


class PauseBody(msgspec.Struct, forbid_unknown_fields=True):
    """What `POST /v1/schedules/{name}:pause` takes."""

    why: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]


def every(call: Call) -> Answer:
    """List the schedules by name, a page at a time."""
    workspace = Workspace(call.context.home.parent)
    try:
        rows = listing(workspace, call.context.clock())
    except ConfigError as error:
        raise _broken(error) from error
    return reply_sorted(call, rows, itemgetter("schedule"))


def runs(call: Call) -> Answer:
    """List the runs of a schedule, latest first, a page at a time."""
    name, limit, after = _known(call), call.limit(), call.cursor()
    before = int(after) if after is not None and after.isdecimal() else None
    with State.open(call.context.home) as state:
        found = ScheduleRuns(state).of(name, before=before, limit=limit + 1)
    bodies = [msgspec.json.encode(told(run)) for run in found[:limit]]
    more = str(found[limit - 1].schedule_run_id) if len(found) > limit else None
    return call.reply_page(bodies, more)


def ask(call: Call) -> Answer:
    """Ask for a run as soon as the keeper can; one that waits already is the answer."""
    name = _known(call)
    with State.open(call.context.home) as state:
        run = ScheduleRuns(state).ask(name, by=_who(call), at=call.context.clock())
    return call.accepted(msgspec.json.encode(told(run)), f"/v1/schedules/{name}/runs")


def pause(call: Call) -> Answer:
    """Begin a schedule no more until it is resumed."""
    name, body = _known(call), decoded(call.body, PauseBody)
    with State.open(call.context.home) as state:
        runs = ScheduleRuns(state)
        runs.pause(name, by=_who(call), reason=body.why, at=call.context.clock())
    return _one(call, name)


def resume(call: Call) -> Answer:
    """Begin a schedule again when it is due."""
    name = _known(call)
    with State.open(call.context.home) as state:
        ScheduleRuns(state).resume(name)
    return _one(call, name)


def _one(call: Call, name: str) -> Answer:
    rows = listing(Workspace(call.context.home.parent), call.context.clock())
    return call.reply(msgspec.json.encode(next(row for row in rows if row["schedule"] == name)))


def _known(call: Call) -> str:
    try:
        declared.chosen(Workspace(call.context.home.parent), call.path("name"))
    except UnknownNameError as error:
        raise NotFoundError(str(error)) from error
    except ConfigError as error:
        raise _broken(error) from error
    return call.path("name")


def _who(call: Call) -> str:
    return call.key.name if call.key else ""


def _broken(error: ConfigError) -> StateError:
    return StateError(f"the workspace has a file that does not validate: {error}")
