"""The live overlay: what was sent since the generation was made, in step with the event log.

Invariants: who reads after an event was acknowledged, by whatever process, finds it; rows and
messages of sources are read beside the requests, and nobody waits for them; a new generation takes
what it covers out of the overlay; nothing here is a decision, the next run makes those.
"""

from __future__ import annotations

import logging
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from threading import Event, RLock, Thread
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import msgspec

from cdp.errors import CdpError, InputError, StateError
from cdp.publish.reference import Reference, parse
from cdp.realtime.subjects import MOST_BYTES, Subjects
from cdp.store.eventlog_mark import Mark
from cdp.store.eventlog_reading import Tail
from cdp.store.tombstones import Buried

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from cdp.publish.served import Generation, Published
    from cdp.realtime.delivered import Deliveries
    from cdp.realtime.loading import Live
    from cdp.realtime.subject import Subject
    from cdp.store.eventlog_entry import Entry

_LOG = logging.getLogger(__name__)
_CATCH_UP_SECONDS: Final = 0.1
_ROWS_AT_ONCE: Final = 1_000
_MOST_ROWS_BYTES: Final = 32 << 20
_REST: Final = 2.0
"""How long nothing of sources is read, in times that it took: a third of a core at most."""
_TRAITS: Final = {
    "given_name": ("firstName", "first_name", "firstname"),
    "family_name": ("lastName", "last_name", "lastname"),
    "full_name": ("name",),
    "email": ("email",),
    "phone": ("phone",),
    "birth_date": ("birthday",),
}
_ADDRESS: Final = {
    "street": ("street",),
    "city": ("city",),
    "state": ("state",),
    "postcode": ("postalCode", "zip"),
    "country": ("country",),
}
CONTACTS: Final = ("email", "phone")
_MOST_VALUES: Final = 20


class _Party(msgspec.Struct):
    profile_type: str | None = None


@dataclass(frozen=True, slots=True)
class About:
    """What the workspace says: its default country, and the region of each source instance."""

    country: str
    regions: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class _Matched:
    """Whom a user was taken for, by what they had said of themselves then."""

    said: dict[str, str]
    generation: int
    profile_id: str | None


class Overlay:
    """What one process knows of the event log behind the published generation."""

    def __init__(
        self,
        home: Path,
        about: About,
        published: Published,
        live: Live,
        deliveries: Deliveries | None = None,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._home, self.about = home, about
        self._published, self._live = published, live
        self._deliveries = deliveries
        self._sent: deque[Entry] = deque()
        self._sent_bytes = 0
        self._most = most_bytes
        self._mark = Mark(home)
        self._lock = RLock()
        self._seen = b""
        self._generation: Generation | None = None
        self._tail: Tail | None = None
        self._subjects: Subjects | None = None
        self._matched: dict[str, _Matched] = {}
        self._closing = Event()
        self._thread = Thread(target=self._keep_up, name="cdp-overlay", daemon=True)

    def start(self) -> None:
        """Read what is there now, and keep up with the log from now on beside the requests."""
        self._try()
        self._thread.start()

    def close(self) -> None:
        """Stop keeping up, and give the files back."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()
        if self._deliveries is not None:
            self._deliveries.close()
        if self._tail is not None:
            self._tail.close()
        self._mark.close()

    def over(self, generation: Generation) -> Subjects | None:
        """Return who was heard of since this generation was made; None: nobody."""
        mark = self._mark.now()
        if generation is not self._generation or mark != self._seen:
            self._read(generation)
        subjects = self._subjects
        return subjects if subjects is not None and len(subjects) else None

    @property
    def size(self) -> int:
        """How many were heard of since the generation was made."""
        return len(self._subjects) if self._subjects is not None else 0

    @property
    def is_caught_up(self) -> bool:
        """Whether everything in the event log now was read."""
        return self._generation is not None and self._mark.now() == self._seen

    @property
    def waiting(self) -> int:
        """How many rows of sources are still to be read."""
        return len(self._sent)

    def match(self, user: Subject) -> str | None:
        """Return the published profile that a run would take a new user for, None where nobody.

        The frozen model decides, at the strict cut, over what the user said of themselves.
        """
        said = spoken(user.traits)
        generation = self._generation
        if generation is None or not said.keys() & set(CONTACTS):
            return None  # a name alone is never enough before a run has looked at it
        before = self._matched.get(user.record_id)
        if before and before.said == said and before.generation == generation.number:
            return before.profile_id
        found = self._resolved(said)
        self._matched[user.record_id] = _Matched(said, generation.number, found)
        return found

    def contacts_in(self, fields: dict[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield the e-mails and phones among the values of a record, whatever they are called."""
        for name, given in fields.items():
            for value in (given if isinstance(given, list) else [given])[:_MOST_VALUES]:
                text = str(value)
                if "@" in text:
                    yield self._contact("email", text)
                elif "phone" in name.lower() or "mobile" in name.lower():
                    yield self._contact("phone", text)

    def _contacts_of(self, traits: dict[str, Any]) -> list[tuple[str, str]]:
        said = spoken(traits)
        return [self._contact(kind, said[kind]) for kind in CONTACTS if kind in said]

    def _contact(self, kind: str, value: str) -> tuple[str, str]:
        try:
            return kind, parse(f"{kind}:{value}", self.about.country).value
        except InputError:  # blank
            return kind, value

    def _resolved(self, said: dict[str, str]) -> str | None:
        try:
            _, resolver = self._live.current()
            answer = resolver.resolve(said)
        except CdpError:
            return None
        matching = [c for c in answer.candidates if c.verdict == "match"]
        return matching[0].id if len(matching) == 1 and answer.verdict == "match" else None

    def _read(self, generation: Generation) -> None:
        with self._lock:
            mark = self._mark.now()
            if generation is not self._generation or Mark.is_anew(self._seen, mark):
                self._begin(generation)
            assert self._tail is not None  # noqa: S101 - `_begin` made both
            assert self._subjects is not None  # noqa: S101
            for _, entry in self._tail.read():
                self._subjects.take(entry)
                if entry.kind == "row" and self._deliveries is not None:
                    self._put_by(entry)
            self._seen = mark

    def _begin(self, generation: Generation) -> None:
        """Forget everything, and begin where this generation ends."""
        if self._tail is not None:
            self._tail.close()
        self._tail = Tail(self._home, generation.manifest.log)
        buried = Buried(self._home)
        self._subjects = Subjects(
            _owner_in(generation),
            self._contacts_of,
            lambda kind, value: generation.owners("profile", Reference(kind, value)),
            buried.is_of,
            self._most,
        )
        self._generation, self._matched = generation, {}
        self._sent.clear()
        self._sent_bytes = 0

    def _put_by(self, entry: Entry) -> None:
        """Keep a row until it is read; what is too much at once shows with the next run."""
        self._sent.append(entry)
        self._sent_bytes += len(bytes(entry.payload))
        while self._sent_bytes > _MOST_ROWS_BYTES:
            self._sent_bytes -= len(bytes(self._sent.popleft().payload))

    def _keep_up(self) -> None:
        pause = _CATCH_UP_SECONDS
        while not self._closing.wait(pause):
            self._try()
            with suppress(CdpError):
                self._live.current()  # begins to make the resolver of what was just published
            began = monotonic()
            self._deliver()
            pause = max(_CATCH_UP_SECONDS, _REST * (monotonic() - began))

    def _deliver(self) -> None:
        """Read some of what sources sent."""
        with self._lock:
            some = [self._sent.popleft() for _ in range(min(_ROWS_AT_ONCE, len(self._sent)))]
            self._sent_bytes -= sum(len(bytes(entry.payload)) for entry in some)
            generation = self._generation
        if not some or self._deliveries is None:
            return
        try:
            delivered = self._deliveries.read(some)
        except Exception as error:  # noqa: BLE001 - the run reads them with all its means
            sources = ", ".join(sorted({entry.source for entry in some}))
            kind = type(error).__name__
            _LOG.warning("what %s sent shows with the next run: %s", sources, kind)
            return
        with self._lock:
            if generation is self._generation and self._subjects is not None:
                self._subjects.deliver(delivered)

    def _try(self) -> None:
        try:
            self.over(self._published.current())
        except StateError:
            return  # nothing is published yet
        except (CdpError, OSError, msgspec.MsgspecError):
            _LOG.exception("the event log cannot be read; it is tried again")


def spoken(traits: dict[str, Any]) -> dict[str, str]:
    """Return what somebody said of themselves, by the names that resolution knows."""
    found = {name: _first(traits, keys) for name, keys in _TRAITS.items()}
    address = traits.get("address")
    if isinstance(address, dict):
        found |= {name: _first(address, keys) for name, keys in _ADDRESS.items()}
    if found["family_name"]:
        found["full_name"] = None
    return {name: value for name, value in found.items() if value}


def _first(said: dict[str, Any], keys: tuple[str, ...]) -> str | None:
    for key in keys:
        value = said.get(key)
        if isinstance(value, str | int | float) and not isinstance(value, bool) and str(value):
            return str(value)
    return None


def _owner_in(generation: Generation) -> Any:  # noqa: ANN401 - see Subjects
    """Return what finds the profile that alone owns an identifier, and whether it is a person."""

    def owner_of(kind: str, value: str) -> tuple[str, bool] | None:
        owners = generation.owners("profile", Reference(kind, value))
        if len(owners) != 1:
            return None
        stored = generation.document("profile", owners[0])
        party = msgspec.json.decode(stored, type=_Party) if stored else _Party()
        return owners[0], party.profile_type != "visitor"

    return owner_of
