"""Salesforce Marketing Cloud: tracking extracts (Sent, Opens, Clicks, Bounces, Unsubs), CSV.

The type sfmc reads them as well, under keys that events have by its API too.

A tracking row has no key: the whole row is, so the same event extracted twice is one record.
EventDate is in US order and in the account's zone, six hours behind UTC unless it was changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdp.sources import SOURCES
from cdp.sources.wire.delimited import CsvOptions, read_csv
from cdp.sources.wire.files import FileSource
from cdp.sources.wire.shape import Shape, latest_of

if TYPE_CHECKING:
    from cdp.settings import Strict

_OBJECTS = {
    name.casefold(): name
    for name in ("Sent", "Opens", "Clicks", "Bounces", "Unsubs", "Complaints", "NotSent")
}
_SHAPE = Shape(None, latest_of("EventDate"), columns=("EventDate", "EventType", "SubscriberKey"))


def _shape(name: str, _: Strict) -> tuple[str, Shape] | None:
    """Return the extracts that hold one event a row."""
    known = _OBJECTS.get(name.casefold())
    return (known, _SHAPE) if known is not None else None


SOURCES.add(
    "sfmc_tracking",
    FileSource(
        name="sfmc_tracking",
        summary="Salesforce Marketing Cloud tracking extracts, CSV",
        options=CsvOptions,
        reads={".csv": read_csv},
        shapes=_shape,
        default_zone="UTC-06:00",
        has_archives=True,
    ),
)
