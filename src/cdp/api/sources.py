"""The declared sources over HTTP: what reads them, what they brought, what went wrong last."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

import msgspec

from cdp.api.paging import reply_sorted
from cdp.errors import ConfigError, NotFoundError, StateError
from cdp.settings import Workspace
from cdp.sourcing.landed import listing

if TYPE_CHECKING:
    from cdp.api.answer import Answer
    from cdp.api.call import Call


def every(call: Call) -> Answer:
    """List the declared sources by name, a page at a time."""
    return reply_sorted(call, _rows(call), itemgetter("source"))


def one(call: Call) -> Answer:
    """Answer with one source."""
    wanted = call.path("name")
    for row in _rows(call):
        if row["source"] == wanted:
            return call.reply(msgspec.json.encode(row))
    msg = f"there is no source {wanted[:40]!r}; GET /v1/sources lists those that there are"
    raise NotFoundError(msg)


def _rows(call: Call) -> list[dict[str, Any]]:
    home = call.context.home
    try:
        rows, unknown = listing(Workspace(home.parent), home)
    except ConfigError as error:
        msg = f"the workspace has a source file that does not validate: {error}"
        raise StateError(msg) from error
    return [row | {"unknown_because": unknown} for row in rows]
