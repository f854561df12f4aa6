"""Whom events and rows speak of that came after the published generation.

Of events these are users and visitors, of rows that sources sent records of persons, and whoever
something happened with.

One thread takes entries while others read: what those walk through is copied in one step first.

Invariants: an event is counted once by its message id, a row as its latest version; a visitor's
events join a user's when that is the only one who was ever identified on the device, back to the
first; what is remembered has a bounded size, the oldest goes first and is not lost: the next run
brings it from the log.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final

from cdp.realtime.delivered import HAPPENED, row_key
from cdp.realtime.orphans import Orphans
from cdp.realtime.renamed import Renamed
from cdp.realtime.said import id_of, said
from cdp.realtime.subject import Happened, Subject, differ, mails, mint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cdp.realtime.delivered import Delivered, Party, Told
    from cdp.realtime.said import Said
    from cdp.realtime.subject import Kind, Named
    from cdp.store.eventlog_entry import Entry

MOST_BYTES: Final = 128 << 20
_SHOWN: Final = frozenset({"track", "page", "screen"})
_OVERHEAD: Final = 500
_ROW: Final = "row "
_CONTACTS: Final = frozenset({"email", "phone"})
_KEYS: Final = frozenset({"source", "user_id"})
"""Identifiers of a record that are keys of somebody known."""


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
        self._by_contact: dict[Named, dict[Named, None]] = {}
        self._sharing: dict[str, dict[Named, None]] = {}
        self._with_row: dict[str, Subject] = {}
        self._orphans = Orphans()
        self._renamed = Renamed()

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
        known_as = f"{entry.source}:{entry.id}"
        if entry.kind != "event" or known_as in self._seen:
            return
        event = said(entry.payload)
        if event is None:
            return
        user, visitor = id_of(event.user_id), id_of(event.anonymous_id)
        value = user or visitor
        if value is None or self._erased(entry.source, event, user, visitor):
            return
        at = entry.changed_at or entry.received_at
        if user is not None and visitor is not None:
            self._link(entry.source, user, visitor, at)
        before = id_of(event.previous_id) if entry.type == "alias" else None
        if user is not None and before is not None:
            self._alias(entry.source, before, user, at)
        kind: Kind = "user_id" if user is not None else "anonymous_id"
        subject = self._subject(entry.source, kind, value, at)
        self._seen.add(known_as)
        subject.last_at = max(subject.last_at, at)
        if subject.kind == "user_id":
            self._say(subject, event, at, whole=entry.type == "identify")
        self._remember(subject, entry, at, known_as)

    def deliver(self, delivered: Delivered) -> None:
        """Take records of sources as they are now; what was said of them before is replaced."""
        for key in delivered.gone:
            self._lose(key)
            for kind in HAPPENED:
                self._lose(row_key(kind, key))
        for party in delivered.parties:
            self._describe(party)
        for told in delivered.told:
            self._happen(told)

    def get(self, kind: str, value: str) -> Subject | None:
        """Return who has this identifier."""
        return self._known.get((kind, value))

    def with_contact(self, kind: str, value: str) -> list[Subject]:
        """Return the users that said this identifier is theirs, and the records that have it."""
        some = self._by_contact.get((kind, value))
        return self._those(some) if some else []

    def sharing(self, profile_id: str) -> list[Subject]:
        """Return the users and records with an e-mail or phone that a published profile has."""
        return self._those(self._sharing.get(profile_id, {}))

    def minted(self, profile_id: str) -> Subject | None:
        """Return whom a provisional id was given to."""
        return self._minted.get(profile_id)

    def of(self, profile_id: str) -> list[Subject]:
        """Return who belongs to a published profile by an identifier that it owns."""
        return list(self._of_profile.get(profile_id, ()))

    def person(self, subject: Subject) -> Subject:
        """Return the user whose visitor or record this is; else who it is themselves."""
        if subject.kind == "anonymous_id" and len(subject.linked) == 1 and not subject.is_known:
            (user,) = tuple(subject.linked)[:1]
            subject = self._known.get(("user_id", user), subject)
        # Each is further on in one order, users last: there is no way around in a circle.
        while (ahead := self._ahead(subject)) is not subject:
            subject = ahead
        return subject

    def group(self, person: Subject) -> list[Subject]:
        """Return a user with the visitors and records that are theirs, or a visitor alone."""
        found = {person: None}
        left = [person]
        while left:
            for each in self._near(left.pop()):
                if each not in found and self.person(each) is person:
                    found[each] = None
                    left.append(each)
        return list(found)

    def _near(self, subject: Subject) -> Iterable[Subject]:
        """Return those who name a subject, or whom it names, by a device, a key or an e-mail."""
        is_user = subject.kind == "user_id"
        visitors = [("anonymous_id", each) for each in tuple(subject.linked) if is_user]
        former = [("user_id", each) for each in self._renamed.former(subject.value) if is_user]
        keys = [(subject.kind, subject.value), *mails(subject)]
        named = [other for held in keys for other in tuple(self._by_contact.get(held, ()))]
        return self._those((*visitors, *former, *named))

    def _ahead(self, subject: Subject) -> Subject:
        """Return the user, or the new record before it, that a new record is shown with.

        Of a user it is who they are called now, unless both are published as others.
        """
        if subject.kind == "user_id":
            now = self._known.get(("user_id", self._renamed.now(subject.value) or ""))
            is_other = now is not None and subject.owner and now.owner not in {None, subject.owner}
            return subject if now is None or is_other else now
        if subject.kind != "source" or subject.owner is not None:
            return subject
        users = self._those(named for named in subject.contacts if named[0] == "user_id")
        some = users or self._alike(subject)
        return min(some, key=lambda each: (each.kind != "user_id", each.record_id))

    def _alike(self, record: Subject) -> list[Subject]:
        """Return the new records, and the user, with an e-mail, whom no name tells apart."""
        found = [
            each
            for mail in mails(record)[:1]
            for each in self._those(self._by_contact.get(mail, ()))
            if each.kind == "user_id" or (each.kind == "source" and each.owner is None)
        ]
        is_one = sum(each.kind == "user_id" for each in found) <= 1 and not differ(found)
        return found if is_one and record in found else [record]

    def _those(self, some: Iterable[Named]) -> list[Subject]:
        known = [self._known.get(each) for each in tuple(some)]
        return [each for each in known if each is not None]

    def _subject(self, source: str, kind: Kind, value: str, at: str) -> Subject:
        found = self._known.get((kind, value))
        if found is not None:
            return found
        owner, is_known = self._owner_of(kind, value) or (None, False)
        return self._add(Subject(kind, value, f"{source}:{value}", owner, is_known, at, at))

    def _describe(self, party: Party) -> None:
        if self._is_buried(party.record_id, party.named):
            return
        subject = self._known.get(("source", party.record_id)) or self._record(party)
        subject.object, subject.tier, subject.traits = party.object, party.tier, party.traits
        subject.last_at = max(subject.last_at, party.at)
        others = [named for named in party.named if named[0] != "source"]
        self._reached(subject, tuple(others))
        self._keep_row(subject, party.record_id, None, party.size)
        for told in self._orphans.take(party.record_id):
            self._happen(told)

    def _record(self, party: Party) -> Subject:
        """Return the subject of a record: its profile's, or of whom one of its keys alone is."""
        of = [self._owner_of(*named) for named in party.named if named[0] in _KEYS]
        found = self._owner_of("source", party.record_id) or next(filter(None, of), None)
        owner, is_known = found or (None, False)
        id_, at = party.record_id, party.at
        return self._add(Subject("source", id_, id_, owner, is_known, at, at))

    def _happen(self, told: Told) -> None:
        """Remember what happened with somebody; with whom may be said later, or by the run."""
        self._orphans.drop(told.id)
        subject = self._whose(told)
        if subject is not None:
            subject.last_at = max(subject.last_at, told.at)
            self._keep_row(subject, told.id, told, told.size)
            return
        self._lose(told.id)  # a version of before was somebody's
        if told.record_id is not None:
            self._orphans.put(told.record_id, told)

    def _whose(self, told: Told) -> Subject | None:
        if told.record_id is not None:
            if self._is_buried(told.record_id, ()):
                return None
            return self._known.get(("source", told.record_id)) or self._mentioned(
                "source", told.record_id, told.at
            )
        if told.named is None or self._is_buried("", [told.named]):
            return None
        live = self._known.get(told.named) or self._mentioned(*told.named, told.at)
        if live is not None:
            return live
        some = self.with_contact(*told.named)
        return some[0] if len(some) == 1 else None

    def _mentioned(self, kind: str, value: str, at: str) -> Subject | None:
        """Return who stands for the published profile that alone has this identifier."""
        known = self._known.get(("mention", f"{kind}:{value}"))
        if known is not None:
            return known
        owner = self._owner_of(kind, value)
        if owner is None:
            return None
        return self._add(Subject("mention", f"{kind}:{value}", "", *owner, at, at))

    def _add(self, subject: Subject) -> Subject:
        self._known[subject.kind, subject.value] = subject
        if subject.owner is not None:
            self._of_profile.setdefault(subject.owner, []).append(subject)
        else:
            self._minted[mint(subject.record_id)] = subject
        return subject

    def _keep_row(self, subject: Subject, key: str, told: Told | None, size: int) -> None:
        before = self._with_row.get(key)
        if before is not None and before is not subject and self._took(before, key):
            before.held -= 1
            if before.held == 0:
                self._drop(before)
        subject.held += key not in subject.rows
        subject.rows[key], self._with_row[key] = told, subject
        # One that is replaced counts until it would have gone: no more is held than is counted.
        self._bytes += _OVERHEAD + size
        self._order.append((subject, _OVERHEAD + size, f"{_ROW}{key}"))
        self._shrink()

    def _lose(self, key: str) -> None:
        """Forget what a source says is gone; what is published of it stays until the run."""
        self._orphans.drop(key)
        subject = self._with_row.get(key)
        if subject is None or not self._took(subject, key):
            return
        subject.held -= 1
        if subject.held == 0 or (key == subject.value and subject.owner is None):
            self._drop(subject)

    def _erased(self, source: str, event: Said, user: str | None, visitor: str | None) -> bool:
        """Whether an event tells of somebody who was erased: the next run buries it."""
        named = [("user_id", user), ("anonymous_id", visitor)]
        traits = event.every_trait
        contacts = list(self._contacts_of(traits)) if traits else []
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

    def _alias(self, source: str, before: str, user: str, at: str) -> None:
        """Let a device be a user's, or a user be called otherwise from now on."""
        if ("user_id", before) not in self._known and self._owner_of("user_id", before) is None:
            self._link(source, user, before, at)
            return
        self._subject(source, "user_id", before, at)
        self._renamed.put(before, user)

    def _say(self, user: Subject, event: Said, at: str, *, whole: bool) -> None:
        """Take what is said of a user, of each trait the latest; only `identify` says all."""
        traits = event.every_trait if whole else event.context_traits
        news = {
            name: value
            for name, value in traits.items()
            if value is not None
            and (whole or name in _CONTACTS)
            and at >= user.said_at.get(name, "")
        }
        is_other = any(user.traits.get(name) != value for name, value in news.items())
        user.traits |= news
        user.said_at |= dict.fromkeys(news, at)
        if is_other:
            self._reached(user, tuple(self._contacts_of(user.traits)))

    def _reached(self, subject: Subject, contacts: tuple[Named, ...]) -> None:
        """Let a subject be found by these identifiers too."""
        subject.contacts = tuple(dict.fromkeys((*contacts, *subject.contacts)))
        for contact in contacts:
            self._by_contact.setdefault(contact, {})[subject.kind, subject.value] = None
            for owner in self._owners_of(*contact) if subject.owner is None else ():
                self._sharing.setdefault(owner, {})[subject.kind, subject.value] = None

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
        self._shrink()

    def _shrink(self) -> None:
        while self._bytes > self._most:
            self._forget(*self._order.popleft())

    def _forget(self, subject: Subject, size: int, known_as: str) -> None:
        self._bytes -= size
        if not known_as.startswith(_ROW):
            self._seen.discard(known_as)
            subject.events.popleft()
        elif not self._took(subject, known_as.removeprefix(_ROW)):
            return
        subject.held -= 1
        subject.cut += 1
        if subject.held == 0:
            self._drop(subject)

    def _took(self, subject: Subject, row: str) -> bool:
        """Take a row from a subject; whether it had it."""
        if self._with_row.get(row) is not subject or row not in subject.rows:
            return False
        del subject.rows[row], self._with_row[row]
        return True

    def _drop(self, subject: Subject) -> None:
        if self._known.pop((subject.kind, subject.value), None) is None:
            return
        if subject.owner is not None:
            self._of_profile[subject.owner].remove(subject)
        self._minted.pop(mint(subject.record_id), None)
        for contact in subject.contacts:
            self._by_contact.get(contact, {}).pop((subject.kind, subject.value), None)
