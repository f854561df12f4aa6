"""Segments and their members, as of the published generation."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import msgspec

from cdp.api.segments_definitions import document

if TYPE_CHECKING:
    from cdp.api.answer import Answer
    from cdp.api.call import Call


def every(call: Call) -> Answer:
    """List the segments, those made here and those of files, with size and freshness."""
    declared = call.context.segments.current()
    shown = {name: document(call, declared, one) for name, one in declared.known.items()}
    items = {name: msgspec.json.encode(told) for name, told in shown.items()}
    for stored in call.context.published.current().segments():
        name = msgspec.json.decode(stored)["segment"]
        items.setdefault(name, stored)  # it was taken away, and its members leave with the run
    return call.reply_page([items[name] for name in sorted(items)], None)


def members(call: Call) -> Answer:
    """List the members of a segment by id, a page at a time."""
    segment, limit = call.path("name"), call.limit()
    generation = call.context.published.current()
    is_known = segment in call.context.segments.current().known
    if is_known and not generation.has_segment(segment):
        return call.reply_page([], None)  # made since: the next run finds its members
    found = list(islice(generation.members(segment, call.cursor()), limit + 1))
    call.note("segment.members", segment)
    items = [value for place, value in found[:limit] if not call.hides(place)]
    return call.reply_page(items, found[limit - 1][0] if len(found) > limit else None)
