"""The published generation as its readers see it: always one, never half of two.

`Published` looks at the manifest at most five times a second and swaps one reference; who
holds the generation before goes on reading it until letting go.
"""

from __future__ import annotations

import logging
import os
from time import monotonic
from typing import TYPE_CHECKING, Any

import msgspec

from cdp.errors import CdpError, ErasedError, GoneError, InputError, NotFoundError, StateError
from cdp.publish.blocks import database
from cdp.publish.kept import served_at
from cdp.publish.layout import PAGE, index_key, key
from cdp.publish.packing import unpack
from cdp.store import keyvalue, manifest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from cdp.publish.reference import Reference
    from cdp.store.manifest import Manifest

_LOG = logging.getLogger(__name__)
_LOOK_EVERY_SECONDS = 0.2
_TRIES = 3


class RetiredError(NotFoundError):
    """An id that was merged into another one, `survivor`."""

    def __init__(self, retired: str, survivor: str) -> None:
        self.retired, self.survivor = retired, survivor
        super().__init__(f"{retired} was merged into {survivor}; ask for that one")


class AmbiguousError(NotFoundError):
    """An identifier that several parties own; `candidates` are their ids."""

    def __init__(self, kind: str, candidates: list[str]) -> None:
        self.candidates = candidates
        super().__init__(
            f"this {kind} belongs to {len(candidates)} parties; ask for one of them by its id"
        )


class _Member(msgspec.Struct):
    """A party's document, of which the segments alone are read."""

    segments: msgspec.Raw


class _Record(msgspec.Struct):
    """An entry of a party's sources, of which the id alone is read."""

    record_id: str


class Generation:
    """One generation, open for reading."""

    def __init__(self, home: Path, described: Manifest) -> None:
        """Open the generation that this manifest describes.

        Raises:
            StateError: one of its files is missing or cut, or cannot be read.
        """
        if not described.is_complete(home):
            msg = (
                f"generation {described.generation} lacks a file or a part of one; `cdp rollback` "
                "serves the one before, `cdp run --from publish` publishes again"
            )
            raise StateError(msg)
        self.manifest = described
        self._file = keyvalue.shared(described.path(home, "serve"))
        self._names = frozenset(self._file.names())

    @property
    def number(self) -> int:
        """The generation's number."""
        return self.manifest.generation

    def find(self, entity: str, reference: Reference) -> str:
        """Return the live id of the profile or account that is meant.

        Raises:
            RetiredError: the id was merged into another.
            GoneError: the id has no records any more.
            AmbiguousError: several own the identifier.
            NotFoundError: the id was never issued, or nobody owns the identifier.
        """
        return self.read(entity, reference)[0]

    def read(self, entity: str, reference: Reference) -> tuple[str, bytes]:
        """Return the live id of the profile or account that is meant, and its document.

        Raises:
            as `find` does.
        """
        id_ = self._owner(entity, reference) if reference.kind else reference.value
        document = self._file.get(entity, id_.encode())
        if document is None:
            raise self._why_not(entity, id_)
        return id_, document

    def _owner(self, entity: str, reference: Reference) -> str:
        ids = self.owners(entity, reference)
        if not ids:
            msg = f"no {entity} owns this {reference.kind}"
            raise NotFoundError(msg)
        if len(ids) > 1:
            raise AmbiguousError(reference.kind, list(ids))
        return ids[0]

    def document(self, name: str, id_: str) -> bytes | None:
        """Return a document of a profile or account, None when it has none."""
        if name == "explain":
            return self._explanation(id_)
        if name == "segments":
            return self._segments(id_)
        stored = self._file.get(name, id_.encode())
        return unpack(stored) if stored is not None else None

    def block(self, name: str, id_: str) -> bytes | None:
        """Return the rows of a declared block; None: this generation was published without it."""
        packed = database(name)
        if packed not in self._names:
            return None
        return self.document(packed, id_) or b"[]"

    def rows(self, name: str, key_: str) -> list[dict[str, Any]]:
        """Return the entries of a list, none where the generation was published without them."""
        stored = self._file.get(name, key_.encode()) if name in self._names else None
        found: list[dict[str, Any]] = msgspec.json.decode(unpack(stored)) if stored else []
        return found

    def owners(self, entity: str, reference: Reference) -> tuple[str, ...]:
        """Return the ids of all profiles, or accounts, that own an identifier."""
        owners = self._file.get("index", index_key(entity, reference.kind, reference.value))
        return tuple(owners.decode().split(" ")) if owners else ()

    def events(self, id_: str, after: str | None) -> Iterator[tuple[str, bytes]]:
        """Yield the timeline, newest first, each entry with its place; from behind a place.

        Raises:
            InputError: the place is none.
        """
        if self._is_of_old:
            return self._listed("timeline", id_, after)
        if after is not None and not after.isdecimal():
            msg = f"{after[:20]!r} is no place in a timeline; use the one that was given"
            raise InputError(msg)
        return self._events(id_, int(after or 0))

    def _events(self, id_: str, seen: int) -> Iterator[tuple[str, bytes]]:
        page = seen // PAGE
        before = f"{page - 1:09}" if page else None
        place = page * PAGE
        for _, stored in self._listed("timeline", id_, before):
            for event in msgspec.json.decode(unpack(stored), type=list[msgspec.Raw]):
                place += 1
                if place > seen:
                    yield f"{place:09}", bytes(event)

    @property
    def _is_of_old(self) -> bool:
        """Whether v0.1.0 wrote the file: an explanation is one document, an event one item."""
        return "explain" in self._names

    def _segments(self, id_: str) -> bytes | None:
        """Return the segments as the party's own document has them."""
        for entity in ("profile", "account"):
            stored = self._file.get(entity, id_.encode())
            if stored is not None:
                return bytes(msgspec.json.decode(stored, type=_Member).segments)
        return None

    def _explanation(self, id_: str) -> bytes | None:
        """Return the records of a party, the pairs that join them and the nearest that do not."""
        if self._is_of_old:
            return self._file.get("explain", id_.encode())
        sources = self.document("sources", id_)
        if sources is None:
            return None
        records = [one.record_id for one in msgspec.json.decode(sources, type=list[_Record])]
        joined, apart = (self.document(name, id_) or b"[]" for name in ("joined", "apart"))
        parts = {"records": records, "joined_by": msgspec.Raw(joined)}
        return msgspec.json.encode(parts | {"kept_apart": msgspec.Raw(apart)})

    def has_segment(self, segment: str) -> bool:
        """Whether anybody is in the segment, or ever was."""
        return self._file.get("segment", segment.encode()) is not None

    def members(self, segment: str, after: str | None) -> Iterator[tuple[str, bytes]]:
        """Yield the members of a segment by id, from behind an id.

        Raises:
            NotFoundError: there is no such segment.
        """
        if not self.has_segment(segment):
            msg = f"no segment is called {segment!r}; GET /v1/segments lists them"
            raise NotFoundError(msg)
        return self._listed("member", segment, after)

    def segments(self) -> list[bytes]:
        """Return every segment with its size, by name."""
        return [value for _, value in self._file.scan("segment", b"")]

    def runs(self) -> list[bytes]:
        """Return the runs up to this generation, latest first."""
        return [value for _, value in self._file.scan("run", b"")][::-1]

    def reviews(self, after: str | None) -> Iterator[tuple[str, bytes]]:
        """Yield the questions to stewards by worth, each with its place; from behind a place."""
        start = after.encode() if after is not None else None
        for place, item in self._file.scan("queue", b"", start) if self._has_queue else ():
            yield place.decode(), self._file.get("review", bytes(item)) or b"{}"

    def review(self, item_id: str) -> bytes:
        """Return a question to stewards.

        Raises:
            NotFoundError: the queue does not hold it (any more).
        """
        found = self._file.get("review", item_id.encode()) if self._has_queue else None
        if found is None:
            msg = f"the queue holds no item {item_id}; `cdp review list` shows it"
            raise NotFoundError(msg)
        return found

    @property
    def _has_queue(self) -> bool:
        """Whether this generation was published by a version that asks stewards."""
        return "queue" in self._names

    def words(self, entity: str, prefix: str, after: str | None) -> Iterator[tuple[str, str]]:
        """Yield (word, id) of every name and e-mail word with a prefix, from behind a place."""
        start = key(entity, after) if after is not None else None
        for found, _ in self._file.scan("search", key(entity, prefix), start):
            _, word, id_ = found.decode().split("\0")
            yield word, id_

    def _why_not(self, entity: str, id_: str) -> CdpError:
        survivor = self._file.get("retired", id_.encode())
        if survivor is None:
            return NotFoundError(f"no {entity} has the id {id_}")
        if survivor == b"erased":
            return ErasedError(f"{id_} was erased")
        if survivor == b"":
            return GoneError(f"{id_} has no records any more")
        return RetiredError(id_, survivor.decode())

    def _listed(self, name: str, id_: str, after: str | None) -> Iterator[tuple[str, bytes]]:
        prefix = key(id_, "")
        start = key(id_, after) if after is not None else None
        for found, value in self._file.scan(name, prefix, start):
            yield found[len(prefix) :].decode(), value


class Published:
    """Whatever generation the manifest names now.

    Attributes:
        fallen_back: why another than that one is served, the last good one; empty where it is.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._path = home / manifest.NAME
        self._generation: Generation | None = None
        self._seen: tuple[int, int] | None = None
        self._looked_at = -1.0
        self.fallen_back = ""
        self._past: dict[int, Generation] = {}

    def current(self) -> Generation:
        """Return the generation that is served, at most 200 ms behind the manifest.

        Raises:
            StateError: nothing was published yet, or the first one cannot be read.
        """
        now = monotonic()
        if now - self._looked_at >= _LOOK_EVERY_SECONDS or self._generation is None:
            self._look()
            self._looked_at = now
        if self._generation is None:
            msg = f"nothing is published in {self._home.parent}; run `cdp run` first"
            raise StateError(msg)
        return self._generation

    def at(self, moment: datetime) -> Generation:
        """Return the generation that was the latest one at a moment.

        Raises:
            NotYetError: nothing was published then.
            NotKeptError: what was published then is no longer kept.
            StateError: nothing was published yet, or the generation cannot be read.
        """
        current = self.current()
        described = served_at(self._home, current.manifest, moment)
        number = described.generation
        if number == current.number:
            return current
        kept = {n: g for n, g in self._past.items() if n in current.manifest.kept}
        self._past = kept if number in kept else kept | {number: Generation(self._home, described)}
        return self._past[number]

    def _look(self) -> None:
        failed: StateError | None = None
        for _ in range(_TRIES):
            seen = self._stamp()
            if seen is None or seen == self._seen:
                return
            try:
                described = manifest.current(self._home)
                if described is not None:
                    self._generation = Generation(self._home, described)
                    self._seen, self.fallen_back = seen, ""
            except StateError as error:
                # Replaced while it was opened, or damaged: what is open stays served.
                failed = error
            else:
                return
        if failed is not None:
            self._fall_back(failed)

    def _fall_back(self, failed: StateError) -> None:
        """Serve what is open, else the last good generation, and say why."""
        if self._generation is None:
            described = manifest.last_good(self._home)
            if described is None:
                raise failed
            self._generation = Generation(self._home, described)
        if str(failed) != self.fallen_back:
            self.fallen_back = str(failed)
            _LOG.error("generation %d is served instead: %s", self._generation.number, failed)

    def _stamp(self) -> tuple[int, int] | None:
        try:
            status = os.stat(self._path)  # noqa: PTH116 - a third of the cost of Path.stat
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ino
