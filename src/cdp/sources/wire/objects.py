"""Files in an object store: read bit by bit, so that what was read is kept whatever comes next.

Invariant: an object's position is written down with its last row. One that cannot be read as a
file of its kind is a rejected piece, read again when it changes; one that is gone when its turn
comes is left out; one that the store refuses is left for the next run, and so is all that follows
where the store stops answering.
"""

from __future__ import annotations

import tempfile
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Final

import polars as pl

from cdp.errors import InputError, UnreachableError
from cdp.sources import REJECTED, ROWS, Batch, Found
from cdp.sources.wire.address import parted
from cdp.sources.wire.archive import ARCHIVES
from cdp.sources.wire.bucket import RefusedError, connect
from cdp.sources.wire.delivery import FileDelivery, Part, most_of, reading_of, versions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from concurrent.futures import Future

    from cdp.sources import Delivery, Opening
    from cdp.sources.wire.bucket import Bucket, Entry
    from cdp.sources.wire.delivery import Read, Task
    from cdp.sources.wire.files import FileSource

_AT_ONCE: Final = 8
_BYTES_AHEAD: Final = 1 << 27
_OBJECTS: Final = 1_000  # of a delivery: they are kept together
_BYTES: Final = 1 << 28  # after which a delivery ends
_MOST_REFUSED: Final = 20
UNREADABLE: Final = "unreadable_file"


@dataclass(slots=True)
class StoreDelivery:
    """Some objects of a store; `pieces` are what they hold, and whether it is an object's last."""

    object: str
    pieces: Iterator[tuple[FileDelivery, bool]]
    labels: list[str] = field(default_factory=list)
    reached: dict[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """The objects, once they were read."""
        if not self.labels:
            return self.object
        first, last = self.labels[0], self.labels[-1]
        return first if first == last else f"{first} to {PurePath(last).name}"

    def batches(self) -> Iterator[Batch]:
        """Yield the rows of every object; one that cannot be read is a rejected piece."""
        for file, is_last in self.pieces:
            self.labels.append(file.label)
            try:
                yield from file.batches()
            except InputError as error:
                yield unreadable(file.label, error)
            if is_last:
                self.reached.update(file.positions())

    def positions(self) -> Mapping[str, str]:
        """Return the versions of the objects that were read."""
        return self.reached


@dataclass(slots=True)
class _Walk:
    """A walk over the objects of one kind."""

    source: FileSource
    opening: Opening
    bucket: Bucket
    folder: Path
    notes: list[str]
    left: deque[Entry]
    failures: list[UnreachableError] = field(default_factory=list)

    def together(self, name: str) -> Iterator[Delivery]:
        """Yield deliveries of many objects each, to be read one after the other.

        Raises:
            UnreachableError: some could not be read; the others were.
        """
        while self.left:
            parts = self._fetched(self._some())
            yield StoreDelivery(name, ((file, True) for p in parts for file in self._files(p)))
        self._fail()

    def apart(self) -> Iterator[Delivery]:
        """Yield what one object after the other holds, where that is known when it is there.

        Raises:
            UnreachableError: some could not be read; the others were.
        """
        for part in self._fetched(self.left):
            files = self._files(part)
            for number, file in enumerate(files, start=1):
                yield StoreDelivery(file.object, iter([(file, number == len(files))]))
        self._fail()

    def _files(self, part: Part) -> list[FileDelivery]:
        """Return what a fetched object holds."""
        kind = self.source.kind(PurePath(part.label).name, self.opening)
        assert kind is not None  # noqa: S101 - others were left aside
        try:
            return self.source.arrivals(kind, (part,))
        except InputError as error:
            return [FileDelivery(kind.object, (part,), _failing(error), kind.task)]

    def _some(self) -> deque[Entry]:
        """Take the next objects of a delivery."""
        size, some = 0, deque["Entry"]()
        while self.left and len(some) < _OBJECTS and size < _BYTES:
            some.append(self.left.popleft())
            size += some[-1].size
        return some

    def _fetched(self, entries: deque[Entry]) -> Iterator[Part]:
        """Yield objects as temporary files, in order, the next ones being fetched meanwhile."""
        ahead: deque[tuple[Entry, Path, Future[Entry | None]]] = deque()
        pool = ThreadPoolExecutor(_AT_ONCE)
        try:
            while entries or ahead:
                while entries and _has_room(ahead, entries[0]):
                    entry = entries.popleft()
                    target = self.folder / sha256(entry.key.encode()).hexdigest()
                    ahead.append((entry, target, pool.submit(self.bucket.fetch, entry, target)))
                entry, target, future = ahead.popleft()
                found = self._taken(entry, future)
                if found is not None:
                    yield _part(self.opening, self.bucket, found, target)
                target.unlink(missing_ok=True)  # nothing was written of one that is gone
                if self._is_over:
                    self.left.clear()
                    return
        finally:
            pool.shutdown(cancel_futures=True)

    def _taken(self, entry: Entry, future: Future[Entry | None]) -> Entry | None:
        """Return the version that was fetched, None where there is nothing to read."""
        try:
            found = future.result()
        except UnreachableError as error:
            self.failures.append(error)
            return None
        if found is None:
            place = f"{self.bucket.address}/{entry.key}"
            self.notes.append(f"{self.opening.name}: {place} was gone when its turn came")
        return found

    @property
    def _is_over(self) -> bool:
        """Whether it is no use to ask the store for more."""
        refused = sum(isinstance(failure, RefusedError) for failure in self.failures)
        return refused < len(self.failures) or refused > _MOST_REFUSED

    def _fail(self) -> None:
        """Return when everything was read.

        Raises:
            UnreachableError: something was not.
        """
        if not self.failures:
            return
        more = len(self.failures) - 1
        rest = f" (and {more} more objects like it)" if more else ""
        msg = f"{self.failures[-1]}{rest}"
        raise UnreachableError(msg)


def walked(source: FileSource, opening: Opening) -> Found:
    """Return walks over the objects of a store that are new or have changed.

    Raises:
        UnreachableError: the store does not answer, refuses, or has no such bucket.
    """
    bucket = connect(opening)
    fresh: dict[str, deque[Entry]] = {}
    ignored: list[str] = []
    known, seen = 0, versions(opening)
    for entry in _entries(source, opening, bucket):
        name = PurePath(entry.key).name
        kind = source.kind(name, opening)
        if kind is None:
            ignored.append(name)
            continue
        known += 1
        if _part(opening, bucket, entry, Path()).version not in seen:
            fresh.setdefault(kind.object, deque()).append(entry)
    notes = list(source.notes(opening.name, opening.instance.path or "", known, ignored))
    if not fresh:
        return Found((), notes)
    folder = tempfile.TemporaryDirectory(prefix="cdp-objects-")
    walks = {}
    for name, entries in sorted(fresh.items()):
        walk = _Walk(source, opening, bucket, Path(folder.name), notes, entries)
        is_apart = source.split is not None or name == ARCHIVES
        walks[name] = walk.apart() if is_apart else walk.together(name)
    return Found((), notes, walks, folder.cleanup)


def _entries(source: FileSource, opening: Opening, bucket: Bucket) -> list[Entry]:
    """Return the object that the path names, or those of the folder that it names."""
    _, _, key = parted(opening.instance.path or "")
    if PurePath(key).suffix and source.kind(PurePath(key).name, opening) is not None:
        named = bucket.entry(key)
        if named is not None:
            return [named]
    entries = bucket.entries(key, recursive=opening.instance.store.recursive)
    return [entry for entry in entries if not PurePath(entry.key).name.startswith(".")]


def _has_room(ahead: deque[tuple[Entry, Path, Future[Entry | None]]], entry: Entry) -> bool:
    """Return whether one more may be fetched before the first of these was read."""
    size = sum(other.size for other, _, _ in ahead) + entry.size
    return not ahead or (len(ahead) < _AT_ONCE and size <= _BYTES_AHEAD)


def _part(opening: Opening, bucket: Bucket, entry: Entry, path: Path) -> Part:
    """Return this version of an object, lying there."""
    address = f"{bucket.address}/{entry.key}"
    position = f"{entry.version}{reading_of(opening)}"
    return Part(opening.name, path, address, position, address, most_of(opening))


def _failing(error: InputError) -> Read:
    """Return a reader of a file that cannot be opened."""

    def read(part: Part, task: Task) -> Iterator[Batch]:  # noqa: ARG001 - see Read
        raise error

    return read


def unreadable(label: str, error: InputError) -> Batch:
    """Return a file that cannot be read as one rejected piece."""
    piece = {
        "locator": [label],
        "reason": [UNREADABLE],
        "message": [str(error)],
        "original": [None],
    }
    return Batch(ROWS.to_frame(), pl.DataFrame(piece, schema=REJECTED))
