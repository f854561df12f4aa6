"""Whom events speak of that came after the published generation: users and visitors.

One thread takes entries while others read: what those walk through is copied in one step first.

Invariants: an event is counted once by its message id; a visitor's events join a user's when that
is the only one who was ever identified on the device, back to the first; what is remembered has a
bounded size, the oldest goes first and is not lost: the next run brings it from the log.
"""

from __future__ import annotations

import hashlib
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cdp.store.eventlog_entry import Entry

Kind = Literal["user_id", "anonymous_id"]
MOST_BYTES: Final = 128 << 20
_SHOWN: Final = frozenset({"track", "page", "screen"})
_OVERHEAD: Final = 500
_Ident = str | int | float | None


class _Context(msgspec.Struct):
    traits: dict[str, Any] | None = None


class _Event(msgspec.Struct, rename="camel"):
    """What the overlay needs of an event; the rest is read when it is shown."""

    user_id: _Ident = None
    anonymous_id: _Ident = None
    previous_id: _Ident = None
    traits: dict[str, Any] | None = None
    context: _Context | None = None


_decode: Final = msgspec.json.Decoder(_Event).decode


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
    """A user or a visitor.

    Attributes:
        kind: what `value` is.
        value: the user id or anonymous id.
        record_id: the source record that the next run makes of them.
        owner: the published profile that has this identifier, None when nobody has.
        is_known: the owner is a person, not a visitor's profile.
        first_at, last_at: when they were first and last heard of since (ISO 8601, UTC).
        events: what they did, in order of arrival.
        traits: what they said of themselves, the latest value of each.
        linked: of a user the visitors on whose devices they signed in, of a visitor those users.
        held: how many events of theirs are remembered.
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
    linked: dict[str, None] = field(default_factory=dict)
    held: int = 0
    cut: int = 0


class Subjects:
    """Everybody that was heard of, found by identifier, by profile and by provisional id.

    Args of the constructor:
        owner_of: the published profile that alone owns an identifier, and whether it is a person.
        contacts_of: the e-mails and phones that traits say, as identifiers are normalised.
        owners_of: the published profiles that have one of those.
        is_buried: whether a record, or one of its identifiers, is of somebody who was erased.
        most_bytes: how much is remembered, about.
    """

    def __init__(
        self,
        owner_of: Callable[[str, str], tuple[str, bool] | None],
        contacts_of: Callable[[dict[str, Any]], Iterable[tuple[str, str]]],
        owners_of: Callable[[str, str], Iterable[str]],
        is_buried: Callable[[str, Iterable[tuple[str, str]]], bool],
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._owner_of, self._contacts_of = owner_of, contacts_of
        self._owners_of, self._is_buried = owners_of, is_buried
        self._most = most_bytes
        self._bytes = 0
        self._order: deque[tuple[Subject, int, str]] = deque()
        self._seen: set[str] = set()
        self._known: dict[tuple[str, str], Subject] = {}
        self._of_profile: dict[str, list[Subject]] = {}
        self._minted: dict[str, Subject] = {}
        self._by_contact: dict[tuple[str, str], dict[str, None]] = {}
        self._sharing: dict[str, dict[str, None]] = {}

    def __len__(self) -> int:
        return len(self._known)

    def may_tell_of(self, profile_id: str) -> bool:
        """Whether anybody may belong to a profile; where not, it is as it was published."""
        return (
            profile_id in self._of_profile
            or profile_id in self._minted
            or profile_id in self._sharing
        )

    def take(self, entry: Entry) -> None:
        """Remember one entry of the log; what is no event, or came before, changes nothing."""
        if entry.kind != "event":
            return
        known_as = f"{entry.source}:{entry.id}"
        if known_as in self._seen:
            return
        event = _decode(entry.payload)
        user, visitor = _text(event.user_id), _text(event.anonymous_id)
        if self._erased(entry.source, event, user, visitor):
            return
        at = entry.changed_at or entry.received_at
        if user is not None:
            before = _text(event.previous_id) if entry.type == "alias" else None
            for device in filter(None, (visitor, before)):
                self._link(entry.source, user, device, at)
        value = user or visitor
        if value is None:
            return
        kind: Kind = "user_id" if user is not None else "anonymous_id"
        subject = self._subject(entry.source, kind, value, at)
        self._seen.add(known_as)
        subject.last_at = max(subject.last_at, at)
        if entry.type == "identify" and subject.kind == "user_id":
            self._say(subject, event)
        self._remember(subject, entry, at, known_as)

    def get(self, kind: str, value: str) -> Subject | None:
        """Return who has this identifier."""
        return self._known.get((kind, value))

    def with_contact(self, kind: str, value: str) -> list[Subject]:
        """Return the users that said this e-mail or phone is theirs."""
        users = self._by_contact.get((kind, value))
        return self._users(users) if users else []

    def sharing(self, profile_id: str) -> list[Subject]:
        """Return the users that said an e-mail or phone which a published profile has."""
        return self._users(self._sharing.get(profile_id, {}))

    def minted(self, profile_id: str) -> Subject | None:
        """Return whom a provisional id was given to."""
        return self._minted.get(profile_id)

    def of(self, profile_id: str) -> list[Subject]:
        """Return who belongs to a published profile by an identifier that it owns."""
        return list(self._of_profile.get(profile_id, ()))

    def person(self, subject: Subject) -> Subject:
        """Return the user whose visitor this is; else who it is themselves."""
        if subject.kind == "anonymous_id" and len(subject.linked) == 1 and not subject.is_known:
            (user,) = tuple(subject.linked)[:1]
            return self._known.get(("user_id", user), subject)
        return subject

    def group(self, person: Subject) -> list[Subject]:
        """Return a user with the visitors that are theirs, or a visitor alone."""
        visitors = tuple(person.linked) if person.kind == "user_id" else ()
        known = [self._known.get(("anonymous_id", value)) for value in visitors]
        return [person, *(v for v in known if v is not None and self.person(v) is person)]

    def _users(self, users: Iterable[str]) -> list[Subject]:
        known = [self._known.get(("user_id", user)) for user in tuple(users)]
        return [user for user in known if user is not None]

    def _subject(self, source: str, kind: Kind, value: str, at: str) -> Subject:
        found = self._known.get((kind, value))
        if found is not None:
            return found
        owner, is_known = self._owner_of(kind, value) or (None, False)
        subject = Subject(kind, value, f"{source}:{value}", owner, is_known, at, at)
        self._known[kind, value] = subject
        if owner is not None:
            self._of_profile.setdefault(owner, []).append(subject)
        else:
            self._minted[mint(subject.record_id)] = subject
        return subject

    def _erased(self, source: str, event: _Event, user: str | None, visitor: str | None) -> bool:
        """Whether an event tells of somebody who was erased: the next run buries it."""
        named = [("user_id", user), ("anonymous_id", visitor)]
        said = (event.context.traits if event.context else None) or {}
        said = said | (event.traits or {})
        contacts = list(self._contacts_of(said)) if said else []
        return any(
            value is not None
            and (kind, value) not in self._known
            and self._is_buried(f"{source}:{value}", [(kind, value)])
            for kind, value in named
        ) or (bool(contacts) and self._is_buried("", contacts))

    def _link(self, source: str, user: str, visitor: str, at: str) -> None:
        a = self._subject(source, "user_id", user, at)
        b = self._subject(source, "anonymous_id", visitor, at)
        a.linked[visitor] = b.linked[user] = None

    def _say(self, user: Subject, event: _Event) -> None:
        said = (event.context.traits if event.context else None) or {}
        user.traits |= said | (event.traits or {})
        for contact in self._contacts_of(user.traits):
            self._by_contact.setdefault(contact, {})[user.value] = None
            for owner in self._owners_of(*contact) if user.owner is None else ():
                self._sharing.setdefault(owner, {})[user.value] = None

    def _remember(self, subject: Subject, entry: Entry, at: str, known_as: str) -> None:
        size = _OVERHEAD
        subject.held += 1
        if entry.type in _SHOWN:
            payload = bytes(entry.payload)
            size += len(payload)
            subject.events.append(Happened(at, entry.id, entry.source, entry.type, payload))
        else:
            subject.events.append(Happened(at, entry.id, entry.source, entry.type, b""))
        self._bytes += size
        self._order.append((subject, size, known_as))
        while self._bytes > self._most:
            self._forget(*self._order.popleft())

    def _forget(self, subject: Subject, size: int, known_as: str) -> None:
        self._bytes -= size
        self._seen.discard(known_as)
        subject.events.popleft()
        subject.held -= 1
        subject.cut += 1
        if subject.held == 0:
            self._drop(subject)

    def _drop(self, subject: Subject) -> None:
        self._known.pop((subject.kind, subject.value), None)
        if subject.owner is not None:
            self._of_profile[subject.owner].remove(subject)
        self._minted.pop(mint(subject.record_id), None)
        for contact in self._contacts_of(subject.traits):
            self._by_contact.get(contact, {}).pop(subject.value, None)


def mint(record_id: str) -> str:
    """Return the id that a run mints for a new profile of which this is the smallest record."""
    return f"P-{hashlib.sha256(f'{record_id}#0'.encode()).hexdigest()[:20]}"


def _text(value: _Ident) -> str | None:
    return None if value is None or value == "" else str(value)
