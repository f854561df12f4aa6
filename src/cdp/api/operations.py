"""Is the server alive, is it ready, what did it do, and which runs were there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from cdp.api.answer import Answer
from cdp.errors import StateError

if TYPE_CHECKING:
    from cdp.api.call import Call


def health(call: Call) -> Answer:
    """Answer that the process lives."""
    return call.reply(b'{"status":"ok"}')


def ready(call: Call) -> Answer:
    """Answer which generation is served; a problem when none is."""
    generation = call.context.published.current()
    described = generation.manifest
    return call.reply(
        msgspec.json.encode(
            {
                "status": "ready",
                "generation": generation.number,
                "run_id": described.run_id,
                "as_of": described.as_of,
                "published_at": described.published_at,
            }
        )
    )


def metrics(call: Call) -> Answer:
    """Answer with the counters of this process."""
    try:
        number: int | None = call.context.published.current().number
    except StateError:
        number = None
    text = call.context.metrics.text(number)
    headers = {"x-request-id": call.request_id}
    return Answer(200, text.encode(), headers, "text/plain; version=0.0.4")


def runs(call: Call) -> Answer:
    """List the runs up to the one that published the generation, latest first."""
    call.require("runs:read")
    found, limit = call.context.published.current().runs(), call.limit()
    after = call.cursor()
    start = int(after) if after is not None and after.isdigit() else 0
    end = start + limit
    return call.reply_page(found[start:end], str(end) if end < len(found) else None)
