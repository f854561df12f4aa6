"""A published generation with the live overlay over it, read as if it were one.

Invariant: where nothing was heard of a profile since, every answer is the generation's own, to the
byte. What is live is marked as such, and a profile that the next run will make has the id that a
run would mint for it, which stays findable afterwards.
"""

from __future__ import annotations

import heapq
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

import msgspec

from cdp.errors import NotFoundError
from cdp.publish.reference import Reference
from cdp.publish.served import AmbiguousError, Generation, RetiredError
from cdp.realtime.overlay import CONTACTS, spoken
from cdp.realtime.subject import Subject, mint
from cdp.realtime.wording import entry_of
from cdp.store.state import State
from cdp.store.state_provisional import Provisionals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from cdp.realtime.overlay import Overlay
    from cdp.realtime.subjects import Subjects

ENTITY: Final = "profile"
_KINDS: Final = ("user_id", "anonymous_id")
_DESCRIBED: Final = frozenset({"user_id", "source"})
"""Subjects that said, or of whom was said, who they are."""
_EMPTY: Final = b"[]"


class Overlaid(Generation):
    """A generation whose profiles show what was heard of them since."""

    def __init__(
        self,
        generation: Generation,
        overlay: Overlay,
        subjects: Subjects,
        keeping: tuple[Path, Callable[[], datetime]],
    ) -> None:
        self.manifest = generation.manifest
        self._file, self._names = generation._file, generation._names  # noqa: SLF001 - it is one
        self._under, self._overlay, self._subjects = generation, overlay, subjects
        self._home, self._clock = keeping
        self._told: set[str] = set()

    def is_over(self, generation: Generation, subjects: Subjects) -> bool:
        """Whether this is that generation with these heard of since."""
        return self._under is generation and self._subjects is subjects

    def read(self, entity: str, reference: Reference) -> tuple[str, bytes]:
        """Return the live id that is meant, and its document with what was heard since."""
        id_ = self._meant(entity, reference)
        if id_ is None:  # then nobody was heard of by this reference
            id_, stored = self._under.read(entity, reference)
            if entity != ENTITY or not self._subjects.may_tell_of(id_):
                return id_, stored
        else:
            found = super().document(entity, id_)
            stored = found if found is not None else b""
        heard = self._heard(id_) if entity == ENTITY else []
        if not heard:
            return id_, stored or self._gone(entity, id_)
        return id_, self._shown(id_, stored, heard)

    def document(self, name: str, id_: str) -> bytes | None:
        """Return a document, of a profile with what was heard since."""
        stored = super().document(name, id_)
        if name not in {ENTITY, "identifiers", "sources"}:
            return stored
        heard = self._heard(id_)
        if not heard:
            return stored
        if name == ENTITY:
            return self._shown(id_, stored or b"", heard)
        if name == "sources":
            return self._sources(stored or _EMPTY, heard)
        return _identifiers(stored or _EMPTY, heard)

    def heard(self, id_: str) -> list[Subject]:
        """Return the users and visitors that belong to a profile and were heard of since."""
        return self._heard(id_)

    def owners(self, entity: str, reference: Reference) -> tuple[str, ...]:
        """Return who owns an identifier, as published and as heard since."""
        owners = super().owners(entity, reference)
        if entity != ENTITY:
            return owners
        found = dict.fromkeys(owners)
        for subject in self._named(reference):
            found.setdefault(self._id_of(subject))
        return tuple(found)

    def events(self, id_: str, after: str | None) -> Iterator[tuple[str, bytes]]:
        """Yield the timeline, newest first, with what was heard since and joined visitors'."""
        heard = self._heard(id_)
        if not heard:
            return super().events(id_, after)
        ids = [id_, *sorted({s.owner for s in heard if s.owner and s.owner != id_})]
        return self._merged(ids, heard, after)

    def _merged(
        self, ids: list[str], heard: list[Subject], after: str | None
    ) -> Iterator[tuple[str, bytes]]:
        counts = _counts(after, 1 + len(ids))
        live = [entry for _, entry in sorted(_entries(heard), key=_newest, reverse=True)]
        twice = {(entry["kind"], entry["id"]) for entry in live}
        streams = [
            ((e["at"] or "", None, 0, msgspec.json.encode(e)) for e in live[counts[0] :]),
            *(self._published_events(id_, n, counts[n]) for n, id_ in enumerate(ids, 1)),
        ]
        for _, known_as, stream, body in heapq.merge(*streams, key=itemgetter(0), reverse=True):
            counts[stream] += 1
            # What is published and heard of again is shown as it was heard last.
            if known_as not in twice:
                yield ".".join(map(str, counts)), body

    def _published_events(
        self, id_: str, stream: int, seen: int
    ) -> Iterator[tuple[str, tuple[str, str], int, bytes]]:
        for _, body in super().events(id_, f"{seen:09}" if seen else None):
            head = msgspec.json.decode(body, type=_Head)
            yield head.at or "", (head.kind, head.id), stream, body

    def _meant(self, entity: str, reference: Reference) -> str | None:
        """Return the profile that is meant where the overlay says so, None: ask the generation."""
        if entity != ENTITY:
            return None
        if reference.kind:
            if not self._named(reference):
                return None
            owners = self.owners(entity, reference)
            if len(owners) > 1:
                raise AmbiguousError(reference.kind, list(owners))
            return owners[0] if owners else None
        subject = self._subjects.minted(reference.value)
        if subject is None:
            return None
        id_ = self._id_of(subject)
        if id_ != reference.value:
            raise RetiredError(reference.value, id_)
        return id_

    def _named(self, reference: Reference) -> list[Subject]:
        if reference.kind == "source":
            _, _, native = reference.value.partition(":")
            some = [self._subjects.get(kind, native) for kind in _KINDS]
            some.append(self._subjects.get("source", reference.value))
            return [s for s in some if s is not None and s.record_id == reference.value]
        found = self._subjects.with_contact(reference.kind, reference.value)
        known = self._subjects.get(reference.kind, reference.value)
        return [known, *found] if known is not None else found

    def _id_of(self, subject: Subject) -> str:
        """Return the id of the profile that this user or visitor belongs to, as it looks now."""
        person = self._subjects.person(subject)
        if person.owner is not None:
            return person.owner
        group = self._subjects.group(person)
        for each in group:
            matched = self._overlay.match(each) if each.kind in _DESCRIBED else None
            if matched is not None:
                return matched
        owned = [each.owner for each in group if each.owner is not None]
        return min(owned) if owned else mint(min(each.record_id for each in group))

    def _heard(self, id_: str) -> list[Subject]:
        """Return the users and visitors that belong to a profile and were heard of since."""
        if not self._subjects.may_tell_of(id_):
            return []
        people = dict.fromkeys(map(self._subjects.person, self._subjects.of(id_)))
        minted = self._subjects.minted(id_)
        if minted is not None:
            people.setdefault(self._subjects.person(minted))
        people |= dict.fromkeys(self._subjects.sharing(id_))
        return [s for p in people if self._id_of(p) == id_ for s in self._subjects.group(p)]

    def sharing(self, fields: dict[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield (id, kind) of those whom no run has seen yet and that said a contact given here."""
        told: set[str] = set()
        for kind, value in self._overlay.contacts_in(fields):
            for subject in self._subjects.with_contact(kind, value):
                id_ = self._id_of(subject)
                if id_ not in told and super().document(ENTITY, id_) is None:
                    told.add(id_)
                    yield id_, kind

    def _shown(self, id_: str, stored: bytes, heard: list[Subject]) -> bytes:
        document = msgspec.json.decode(stored) if stored else self._provisional(id_, heard)
        last = max(subject.last_at for subject in heard)
        acted = [subject.last_at for subject in heard if subject.kind in _KINDS]
        seen = _second(max(acted)) if acted else ""
        document["last_seen_at"] = max(document.get("last_seen_at") or "", seen) or None
        document["live"] = {
            "provisional": not stored,
            "events": sum(subject.held for subject in heard),
            "since": _second(min(subject.first_at for subject in heard)),
            "last_at": _second(last),
            "users": sorted(s.value for s in heard if s.kind == "user_id"),
            "visitors": sorted(s.value for s in heard if s.kind == "anonymous_id"),
            "said": _said(heard),
        }
        return msgspec.json.encode(document)

    def _provisional(self, id_: str, heard: list[Subject]) -> dict[str, Any]:
        """Return the document of a profile that the next run will make; its id is kept for then."""
        record_id = min(subject.record_id for subject in heard)
        if id_ not in self._told:
            with State.open(self._home) as state:
                Provisionals(state).keep(id_, record_id, at=self._clock())
            self._told.add(id_)
        said = _said(heard)
        is_user = any(subject.kind in _DESCRIBED for subject in heard)
        names = (said.get("given_name"), said.get("family_name"))
        joined = " ".join(filter(None, names)) or said.get("full_name")
        return {
            "profile_id": id_,
            "profile_type": "person" if is_user else "visitor",
            "full_name": joined,
            "given_name": names[0],
            "family_name": names[1],
            "email": said.get("email"),
            "phone": said.get("phone"),
            "status": "provisional",
            "region": regions.pop() if len(regions := self._regions(heard)) == 1 else None,
            "record_count": len(heard),
            "first_seen_at": _second(min(subject.first_at for subject in heard)),
            "scores": [],
            "segments": [],
            "roles": [],
        }

    def _sources(self, stored: bytes, heard: list[Subject]) -> bytes:
        rows = msgspec.json.decode(stored, type=list[dict[str, Any]])
        known = {row["record_id"] for row in rows}
        for subject in heard:
            if subject.record_id in known or subject.kind == "mention":
                continue
            source, _, native = subject.record_id.partition(":")
            named = {"record_id": subject.record_id, "source": source, "object": subject.object}
            region = self._overlay.about.regions.get(source)
            seen = {"native_id": native, "region": region, "changed_at": _second(subject.last_at)}
            rows.append(named | seen | {"trust_tier": subject.tier, "live": True})
        return msgspec.json.encode(rows)

    def _regions(self, heard: list[Subject]) -> set[str | None]:
        sources = {subject.record_id.partition(":")[0] for subject in heard}
        return {self._overlay.about.regions.get(source) for source in sources}

    def _gone(self, entity: str, id_: str) -> bytes:
        raise self._why_not(entity, id_)


class _Head(msgspec.Struct):
    """When a published event happened, and what it is."""

    id: str
    kind: str
    at: str | None = None


def issued(home: Path, generation: Generation, id_: str) -> None:
    """Return where an unknown id was never provisional.

    Raises:
        RetiredError: a run gave whom it was given to another id.
    """
    with State.open(home) as state:
        record_id = Provisionals(state).record_of(id_)
    owners = generation.owners(ENTITY, Reference("source", record_id)) if record_id else ()
    if owners and owners[0] != id_:
        raise RetiredError(id_, owners[0])
    if record_id is not None and not owners:
        msg = f"{id_} was provisional, and what was heard is on its way through a run; ask again"
        raise NotFoundError(msg)


def _identifiers(stored: bytes, heard: list[Subject]) -> bytes:
    rows = msgspec.json.decode(stored, type=list[dict[str, Any]])
    known = {(row["kind"], row["value"]) for row in rows}
    for subject in heard:
        for kind, value in _named_by(subject):
            if (kind, value) not in known:
                known.add((kind, value))
                seen = {"records": [subject.record_id], "seen_at": _second(subject.last_at)}
                rows.append({"kind": kind, "value": value} | seen | {"live": True})
    return msgspec.json.encode(rows)


def _named_by(subject: Subject) -> list[tuple[str, str]]:
    """Return the identifiers that a subject brings along."""
    if subject.kind == "mention":
        return []
    if subject.kind == "source":
        return [("source", subject.record_id), *subject.contacts] if subject.is_described else []
    said = spoken(subject.traits)
    of_theirs = [(kind, said[kind]) for kind in CONTACTS if kind in said]
    return [(subject.kind, subject.value), *of_theirs]


def _entries(heard: list[Subject]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield entries of a timeline with their moment: what was done, and what sources told."""
    for subject in heard:
        for event in tuple(subject.events):
            if event.payload:
                yield event.at, entry_of(event)
        for told in tuple(subject.rows.values()):
            if told is not None:
                yield told.entry["at"] or "", told.entry


def _newest(found: tuple[str, dict[str, Any]]) -> tuple[str, str]:
    at, entry = found
    return at, entry["id"]


def _said(heard: list[Subject]) -> dict[str, str]:
    said: dict[str, str] = {}
    for subject in sorted(heard, key=lambda each: each.last_at):
        said |= spoken(subject.traits)
    return said


def _second(moment: str) -> str:
    return f"{moment[:19]}Z"


def _counts(after: str | None, length: int) -> list[int]:
    parts = after.split(".") if after else []
    if len(parts) == length and all(part.isdecimal() for part in parts):
        return [int(part) for part in parts]
    # A place that the generation alone gave, before anything was heard: its own first stream.
    counts = [0] * length
    if len(parts) == 1 and parts[0].isdecimal():
        counts[1] = int(parts[0])
    return counts
