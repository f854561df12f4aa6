"""Scores over HTTP: what is computed, by which model, how that did in the past and how it ages."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING

import msgspec

from cdp.api.paging import reply_sorted
from cdp.errors import ConfigError, NotFoundError, StateError, UnknownNameError
from cdp.scores.trained.listing import listing, one
from cdp.settings import Workspace

if TYPE_CHECKING:
    from cdp.api.answer import Answer
    from cdp.api.call import Call


def every(call: Call) -> Answer:
    """List the scores by name, a page at a time."""
    try:
        rows = listing(_workspace(call), call.context.clock())
    except ConfigError as error:
        raise _broken(error) from error
    return reply_sorted(call, rows, itemgetter("score"))


def single(call: Call) -> Answer:
    """Answer one score with the card of its model: of the version that counts, or of one asked."""
    try:
        found = one(
            _workspace(call), call.path("name"), call.context.clock(), call.query("version")
        )
    except UnknownNameError as error:
        raise NotFoundError(str(error)) from error
    except ConfigError as error:
        raise _broken(error) from error
    return call.reply(msgspec.json.encode(found))


def _workspace(call: Call) -> Workspace:
    return Workspace(call.context.home.parent)


def _broken(error: ConfigError) -> StateError:
    return StateError(f"the workspace has a file that does not validate: {error}")
