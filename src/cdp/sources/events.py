"""Events in the public event spec, as SDKs send them to `/v1/batch` and its like."""

from pydantic import Field

from cdp.settings import Strict
from cdp.sources import SOURCES
from cdp.sources.wire.sent import SentSource


class EventsOptions(Strict):
    """Whose events an instance takes."""

    keys: tuple[str, ...] = Field(
        (),
        description="names of the write keys whose events are of this instance; default: those of "
        "every key that no other instance names",
    )


SOURCES.add(
    "events",
    SentSource(
        "events", "web and app events that SDKs send here, in Segment's spec", EventsOptions
    ),
)
