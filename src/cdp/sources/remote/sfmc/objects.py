"""The objects of the SOAP API that are read, and what tells their rows apart.

An event has no key of its own. It is known by what happened to whom, of which message and when, to
the second of the account's clock: so it is one record whether it came by the API or in an extract,
however often. Who unsubscribes may leave several lists at once, so there the list is told, too.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC
from typing import Final

from cdp.sources.wire.shape import (
    Row,
    Shape,
    all_of,
    as_key,
    first_of,
    having,
    latest_of,
    moment,
    never,
    value_at,
)

_EVENT: Final = (
    "SendID",
    "SubscriberKey",
    "EventDate",
    "EventType",
    "BatchID",
    "TriggeredSendDefinitionObjectID",
)
_LISTED: Final = ("ID", "ListID", "SubscriberKey", "Status", "CreatedDate", "ModifiedDate")
_SUBSCRIBED: Final = (
    "ID",
    "SubscriberKey",
    "EmailAddress",
    "Status",
    "CreatedDate",
    "UnsubscribedDate",
    "EmailTypePreference",
)
_DELETED: Final = having({"status": ("Deleted", "deleted")})
_DIGITS: Final = 16
_LEFT: Final = "unsub"


@dataclass(frozen=True, slots=True)
class EventKey:
    """The key of an event; None where it says neither who nor when."""

    kind: str

    def __call__(self, row: Row) -> str | None:
        """Return what tells it from others."""
        who, when = as_key(row.get("subscriberkey")), moment(row.get("eventdate"), UTC)
        if who is None or when is None:
            return None
        message = [as_key(row.get(name)) or "" for name in ("sendid", "batchid")]
        parts = [self.kind, *message, who, when.replace(microsecond=0).isoformat()]
        link = as_key(row.get("url"))
        if link is not None:
            parts.append(hashlib.sha256(link.encode()).hexdigest()[:_DIGITS])
        if self.kind == _LEFT:
            left = (as_key(value_at(row, name)) for name in ("list.id", "listid"))
            parts.append(next(filter(None, left), ""))
        return "|".join(parts)


@dataclass(frozen=True, slots=True)
class Object:
    """An object of the SOAP API.

    Attributes:
        properties: what is asked for.
        shape: of its rows, however they come.
        dated: the property that it is asked for by; None: it can only be read whole.
        is_event: whether rows are never changed, and asked for window by window.
        file: how its files are called, in lower case.
    """

    properties: tuple[str, ...]
    shape: Shape
    dated: str | None
    is_event: bool
    file: str


def _event(kind: str, file: str, *more: str) -> Object:
    columns = ("eventdate", "subscriberkey")
    shape = Shape(EventKey(kind), latest_of("eventdate"), columns=columns)
    return Object((*_EVENT, *more), shape, "EventDate", is_event=True, file=file)


OBJECTS: Final = {
    # A row says nowhere when it changed: of those the one that came last holds.
    "Subscriber": Object(
        _SUBSCRIBED,
        Shape(first_of("subscriberkey"), never, gone=_DELETED),
        None,
        is_event=False,
        file="subscribers",
    ),
    "ListSubscriber": Object(
        _LISTED,
        Shape(all_of("listid", "subscriberkey"), latest_of("modifieddate"), gone=_DELETED),
        "ModifiedDate",
        is_event=False,
        file="listsubscribers",
    ),
    "SentEvent": _event("sent", "sent"),
    "OpenEvent": _event("open", "opens"),
    "ClickEvent": _event("click", "clicks", "URLID", "URL"),
    "BounceEvent": _event(
        "bounce", "bounces", "SMTPCode", "BounceCategory", "SMTPReason", "BounceType"
    ),
    "UnsubEvent": _event(_LEFT, "unsubs", "List.ID", "IsMasterUnsubscribed"),
    "NotSentEvent": _event("notsent", "notsent"),
}
COMPLAINTS: Final = "Complaints"
"""Extracts have complaints, the API has none."""
FILES: Final = {known.file: name for name, known in OBJECTS.items()} | {"complaints": COMPLAINTS}
SHAPES: Final = {name: known.shape for name, known in OBJECTS.items()} | {
    COMPLAINTS: _event("complaint", "complaints").shape
}
