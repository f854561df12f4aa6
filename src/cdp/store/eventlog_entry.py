"""What the event log holds: one thing that was sent here, as it came, and what was known of it.

An entry is a row of bronze in waiting: everything that the pipeline needs is said when it is
received, so that landing it needs neither the request nor the source's file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, overload

import msgspec

from cdp.errors import InputError


class Entry(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One event, one row, or one piece that was refused.

    Attributes:
        source: source instance that it belongs to.
        object: the source's own name of the object (`events`, `customers`, ...).
        id: its key there; the message id of an event.
        received_at: when it arrived (ISO 8601, UTC, microseconds, `Z`).
        request_id: the request that brought it.
        payload: the JSON as it was sent; of a piece that was refused, its text as a JSON string.
        kind: `event` of the public event spec, `row` of any other object, `refused`, or `erased`
            (which readers pass over).
        index: where in the request it stood, from 0.
        type: identify, track, page, screen, group or alias; of an event only.
        changed_at: when it happened or last changed, clock skew corrected; None when unknown.
        sent_at: when the client sent it, by its own clock; None when it did not say.
        context: what the request said of all its events; None where it said nothing.
        is_deleted: the source says that the object is gone.
        reason: why it was refused, for programs.
        message: why it was refused, for people.
    """

    source: str
    object: str
    id: str
    received_at: str
    request_id: str
    payload: msgspec.Raw
    kind: Literal["event", "row", "refused", "erased"] = "event"
    index: int = 0
    type: str = ""
    changed_at: str | None = None
    sent_at: str | None = None
    context: dict[str, Any] | None = None
    is_deleted: bool = False
    reason: str = ""
    message: str = ""


def moment_of(text: str) -> datetime:
    """Return a moment that an entry says, in UTC without a zone, as tables hold it."""
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)


@dataclass(frozen=True, order=True, slots=True)
class Position:
    """A place in the log: the segment, and the offset at which its next frame begins.

    Positions of one segment are ordered by arrival; segments are ordered by when they were begun.
    """

    segment: str
    offset: int

    def __str__(self) -> str:
        return f"{self.segment}:{self.offset}"

    @staticmethod
    def parse(text: str) -> Position:
        """Return the position that `str` wrote.

        Raises:
            InputError: it is none.
        """
        segment, _, offset = text.rpartition(":")
        if not segment or not offset.isdigit():
            msg = f"{text!r} is no position of the event log; one reads segment:offset"
            raise InputError(msg)
        return Position(segment, int(offset))


class Places(Sequence[Position]):
    """Where the entries of one append are: positions that are made when they are looked at."""

    __slots__ = ("_ends", "_segment", "_start")

    def __init__(self, segment: str, start: int, ends: Sequence[int]) -> None:
        self._segment, self._start, self._ends = segment, start, ends

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, at: int) -> Position: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Position]: ...
    def __getitem__(self, at: int | slice) -> Position | Sequence[Position]:
        if isinstance(at, slice):
            return Places(self._segment, self._start, self._ends[at])
        return Position(self._segment, self._start + self._ends[at])


ENCODE = msgspec.json.Encoder().encode
DECODE = msgspec.json.Decoder(Entry).decode
