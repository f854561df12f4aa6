"""Who was heard of since the published generation, and what of them."""

from __future__ import annotations

import hashlib
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from cdp.realtime.delivered import Told

Kind = Literal["user_id", "anonymous_id", "source", "mention"]
Named = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Happened:
    """One event that is shown: when it happened, and the event as it came."""

    at: str
    id: str
    source: str
    type: str
    payload: bytes


@dataclass(slots=True, eq=False)
class Subject:
    """A user or a visitor, a record of a source, or somebody known who was mentioned.

    Attributes:
        kind: what `value` is.
        value: the user id or anonymous id, the record, or the identifier that was mentioned.
        record_id: the source record that the next run makes of them.
        owner: the published profile that has this identifier, None when nobody has.
        is_known: the owner is a person, not a visitor's profile.
        first_at, last_at: when they were first and last heard of since (ISO 8601, UTC).
        events: what they did, in order of arrival.
        traits: what they said of themselves, the latest value of each.
        said_at: when each of them was said.
        contacts: e-mails, phones and other identifiers (kind, value) among it.
        object, tier: of a record its object, and how far its values are facts.
        rows: what sources told by key: what happened, None where it is the record itself.
        linked: of a user the visitors on whose devices they signed in, of a visitor those users.
        held: how many events and rows of theirs are remembered.
        cut: how many are remembered no more.
    """

    kind: Kind
    value: str
    record_id: str
    owner: str | None
    is_known: bool
    first_at: str
    last_at: str
    events: deque[Happened] = field(default_factory=deque)
    traits: dict[str, Any] = field(default_factory=dict)
    said_at: dict[str, str] = field(default_factory=dict)
    contacts: tuple[Named, ...] = ()
    object: str = "events"
    tier: str = "observed"
    rows: dict[str, Told | None] = field(default_factory=dict)
    linked: dict[str, None] = field(default_factory=dict)
    held: int = 0
    cut: int = 0

    @property
    def is_described(self) -> bool:
        """Whether a source told of the record itself, not only of what happened with it."""
        return self.kind == "source" and self.rows.get(self.value, self) is None


def mint(record_id: str) -> str:
    """Return the id that a run mints for a new profile of which this is the smallest record."""
    return f"P-{hashlib.sha256(f'{record_id}#0'.encode()).hexdigest()[:20]}"


def mails(subject: Subject) -> list[Named]:
    """Return the e-mails of a user or a record, the latest or preferred first."""
    if subject.kind not in {"user_id", "source"}:
        return []
    return [named for named in subject.contacts if named[0] == "email"]


def differ(some: list[Subject]) -> bool:
    """Whether names tell two of these apart."""
    return any(
        len({str(s.traits[name]).casefold() for s in some if s.traits.get(name)}) > 1
        for name in ("firstName", "lastName")
    )
