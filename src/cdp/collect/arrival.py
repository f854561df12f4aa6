"""A request with events or rows in it: when it arrived, and what of it cannot be taken."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from cdp.errors import InputError
from cdp.sources.wire.batch import LONGEST_ORIGINAL
from cdp.store.eventlog_entry import Entry

if TYPE_CHECKING:
    from collections.abc import Sequence

REFUSED_OBJECT = "events"


class BodyError(InputError):
    """A body that is not what its route takes; nothing of it is kept."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request as it arrived.

    Attributes:
        source: instance that what it holds belongs to.
        at: when it arrived (UTC).
        request_id: what it is called.
        stamp: `at` as the log writes it.
    """

    source: str
    at: datetime
    request_id: str
    stamp: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "stamp", written(self.at))


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why one piece of a request was not taken."""

    index: int
    code: str
    message: str
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """What a request comes to: what goes into the log, and what of that was refused."""

    entries: Sequence[Entry]
    refusals: Sequence[Refusal]

    @property
    def accepted(self) -> int:
        """How many pieces were taken."""
        return len(self.entries) - len(self.refusals)


def refused(arrival: Arrival, refusal: Refusal, of: str, original: bytes) -> Entry:
    """Return the entry of a piece that was refused, so that it is kept with its reason."""
    text = original.decode("utf-8", "backslashreplace")[:LONGEST_ORIGINAL]
    return Entry(
        source=arrival.source,
        object=of,
        id=refusal.id or "",
        received_at=arrival.stamp,
        request_id=arrival.request_id,
        payload=msgspec.Raw(msgspec.json.encode(text)),
        kind="refused",
        index=refusal.index,
        reason=refusal.code,
        message=refusal.message,
    )


def written(moment: datetime) -> str:
    """Return a moment as ISO 8601 in UTC, with microseconds and `Z`."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
