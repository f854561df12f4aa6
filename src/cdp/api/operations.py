"""Is the server alive, is it ready, what did it do, and which runs were there."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from cdp.api.answer import Answer
from cdp.api.facts import Facts
from cdp.api.metrics import MEDIA_TYPE
from cdp.errors import StateError

if TYPE_CHECKING:
    from cdp.api.call import Call


def health(call: Call) -> Answer:
    """Answer that the process lives."""
    return call.reply(b'{"status":"ok"}')


def ready(call: Call) -> Answer:
    """Answer which generation is served and how old it is; a problem where somebody must look.

    Raises:
        StateError: nothing is published, the overlay is behind the event log, or the log cannot be
            written.
    """
    context = call.context
    generation = context.published.current()
    context.overlay.over(generation)
    if not context.overlay.is_caught_up:
        msg = "what was sent since the generation was made is still being read; ask again"
        raise StateError(msg)
    if problem := context.probe.problem():
        raise StateError(problem)
    described = generation.manifest
    age = context.clock() - datetime.fromisoformat(described.published_at)
    return call.reply(
        msgspec.json.encode(
            {
                "status": "ready",
                "generation": generation.number,
                "run_id": described.run_id,
                "as_of": described.as_of,
                "published_at": described.published_at,
                "age_seconds": max(0, int(age.total_seconds())),
                "fallen_back": context.published.fallen_back or None,
                "heard_of_since": context.overlay.size,
            }
        )
    )


def metrics(call: Call) -> Answer:
    """Answer with what all processes of this server counted, and the facts of the workspace."""
    context = call.context
    text = context.metrics.text(context.measured(), Facts(context))
    return Answer(200, text, {"x-request-id": call.request_id}, MEDIA_TYPE)


def runs(call: Call) -> Answer:
    """List the runs up to the one that published the generation, latest first."""
    found, limit = call.context.published.current().runs(), call.limit()
    after = call.cursor()
    start = int(after) if after is not None and after.isdigit() else 0
    end = start + limit
    return call.reply_page(found[start:end], str(end) if end < len(found) else None)
