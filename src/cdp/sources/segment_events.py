"""Events in Segment's public spec: one event a line, or one request body with a batch of them.

The key is messageId, which clients repeat when they send an event again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from cdp.sources import SOURCES
from cdp.sources.wire.files import FileSource
from cdp.sources.wire.lines import TextOptions, json_lines
from cdp.sources.wire.shape import Shape, first_of, latest_of

if TYPE_CHECKING:
    from cdp.settings import Strict
    from cdp.sources.wire.batch import Collector

_SHAPE = Shape(
    first_of("messageId"), latest_of("timestamp", "originalTimestamp", "sentAt", "receivedAt")
)


class _Body(msgspec.Struct):
    batch: list[msgspec.Raw]


def _unfold(locator: str, text: str, collector: Collector) -> None:
    """Add the line, or each event of the batch that it is."""
    try:
        body = msgspec.json.decode(text, type=_Body)
    except (msgspec.MsgspecError, RecursionError):
        collector.text(locator, text)
        return
    for index, event in enumerate(body.batch):
        collector.text(f"{locator}#{index}", bytes(event).decode())


def _shape(name: str, _: Strict) -> tuple[str, Shape] | None:
    """Return any event stream: they differ in name only."""
    return name, _SHAPE


SOURCES.add(
    "segment_events",
    FileSource(
        name="segment_events",
        summary="web and app events in Segment's spec, JSON lines",
        options=TextOptions,
        reads={".jsonl": json_lines(_unfold, "batch"), ".ndjson": json_lines(_unfold, "batch")},
        shapes=_shape,
    ),
)
