"""Segments and their members, as of the published generation."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cdp.api.answer import Answer
    from cdp.api.call import Call

_SCOPE = "segments:read"


def every(call: Call) -> Answer:
    """List the segments with their sizes."""
    call.require(_SCOPE)
    return call.reply_page(call.context.published.current().segments(), None)


def members(call: Call) -> Answer:
    """List the members of a segment by id, a page at a time."""
    call.require(_SCOPE)
    segment, limit = call.path("name"), call.limit()
    generation = call.context.published.current()
    found = list(islice(generation.members(segment, call.cursor()), limit + 1))
    call.note("segment.members", segment)
    items = [value for _, value in found[:limit]]
    return call.reply_page(items, found[limit - 1][0] if len(found) > limit else None)
