"""Read the event log while others write it: every whole entry, each once, in order of arrival.

How far a reader came is said by segment: `{segment: offset}`. Such a mapping is what is kept (a
run keeps it with the rows that it landed), and `is_reached` tells whether it covers an entry.
"""

from __future__ import annotations

import os
from heapq import heappop, heappush
from time import time_ns
from typing import TYPE_CHECKING

from cdp.store.eventlog_entry import DECODE, Entry, Position
from cdp.store.eventlog_frames import MAGIC, frames, wanted
from cdp.store.eventlog_segment import FOLDER, opened, segments

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_CHUNK = 1 << 18
_SETTLED_NS = 50_000_000
"""A folder that changed no longer ago may change again without its time of change showing it."""


def is_reached(reached: Mapping[str, int], position: Position) -> bool:
    """Whether who came as far as `reached` has read the entry that ends at this position."""
    return position.offset <= reached.get(position.segment, 0)


def tail(home: Path, reached: Mapping[str, int] | None = None) -> Iterator[tuple[Position, Entry]]:
    """Yield what is in the log of a `.cdp` folder behind `reached`, each with where it ends."""
    reader = Tail(home, reached)
    try:
        yield from reader.read()
    finally:
        reader.close()


class Tail:
    """A reader that stays: each `read` goes on where the one before ended.

    Attributes:
        reached: how far it came, offset by segment.
        damaged: offset by sealed segment, from which on nothing whole could be read.
    """

    def __init__(self, home: Path, reached: Mapping[str, int] | None = None) -> None:
        self._folder = home / FOLDER
        self.reached = dict(reached or {})
        self.damaged: dict[str, int] = {}
        self._open: dict[str, int] = {}
        self._ended: set[str] = set()
        self._known: dict[str, bool] = {}
        self._looked_at = -1

    def read(self) -> Iterator[tuple[Position, Entry]]:
        """Yield what came since, ordered by when it was received.

        What a caller does not take is read again the next time.
        """
        self._look()
        pending = [name for name in self._known if name not in self._ended]
        pending.reverse()
        heads: list[tuple[str, str, int, Entry, Iterator[tuple[int, Entry]]]] = []
        while pending or heads:
            while pending and (not heads or _begun(pending[-1]) <= _digits(heads[0][0])):
                _advance(heads, pending[-1], self._entries(pending.pop()))
            if heads:
                _, name, offset, entry, rest = heappop(heads)
                self.reached[name] = offset
                yield Position(name, offset), entry
                _advance(heads, name, rest)

    def ended(self, segment: str) -> bool:
        """Whether a segment is sealed and was read to its end, so that nothing more can come."""
        return segment in self._ended

    def forget(self, segment: str) -> None:
        """Drop what is remembered of a segment that is gone."""
        self.reached.pop(segment, None)
        self._ended.discard(segment)
        self._shut(segment)

    def close(self) -> None:
        """Give the files back."""
        for segment in list(self._open):
            self._shut(segment)

    def _look(self) -> None:
        """Know which segments there are; the folder is listed only when it may have changed."""
        try:
            changed = self._folder.stat().st_mtime_ns
        except FileNotFoundError:
            return
        if changed == self._looked_at:
            return
        is_settled = time_ns() - changed > _SETTLED_NS
        self._known = segments(self._folder)
        self._looked_at = changed if is_settled else -1
        for gone in [name for name in self.reached if name not in self._known]:
            self.forget(gone)

    def _entries(self, name: str) -> Iterator[tuple[int, Entry]]:
        """Yield the entries of a segment behind what was reached, each with its end."""
        is_sealed = self._known[name]
        descriptor = self._descriptor(name)
        if descriptor is None:
            return
        at = max(self.reached.get(name, 0), len(MAGIC))
        size = os.fstat(descriptor).st_size
        if at == len(MAGIC) and os.pread(descriptor, at, 0) != MAGIC:
            at = 0
            size = 0 if not is_sealed else size
        while at < size:
            data = _chunk(descriptor, at)
            end = 0
            for end, body in frames(data):
                entry = DECODE(body)
                if entry.kind != "erased":
                    yield at + end, entry
            if not end:
                break
            at += end
        if is_sealed:
            self._end(name, at, size)

    def _end(self, name: str, at: int, size: int) -> None:
        self._ended.add(name)
        self._shut(name)
        if at < size:
            self.damaged[name] = at

    def _descriptor(self, name: str) -> int | None:
        if name not in self._open:
            descriptor = opened(self._folder, name)
            if descriptor is None:
                return None
            self._open[name] = descriptor
        return self._open[name]

    def _shut(self, name: str) -> None:
        descriptor = self._open.pop(name, None)
        if descriptor is not None:
            os.close(descriptor)


def _chunk(descriptor: int, at: int) -> bytes:
    """Return bytes from an offset on that hold at least the frame there, where it is whole."""
    data = os.pread(descriptor, _CHUNK, at)
    more = wanted(data, 0)
    return data if more <= len(data) else os.pread(descriptor, more, at)


def _advance(
    heads: list[tuple[str, str, int, Entry, Iterator[tuple[int, Entry]]]],
    name: str,
    rest: Iterator[tuple[int, Entry]],
) -> None:
    found = next(rest, None)
    if found is not None:
        offset, entry = found
        heappush(heads, (entry.received_at, name, offset, entry, rest))


def _begun(segment: str) -> str:
    """Return the moment that a segment's name begins with, as digits."""
    return _digits(segment.partition("-")[0])


def _digits(moment: str) -> str:
    return "".join(c for c in moment if c.isdigit())
