"""Walking over the resources of dlt: what they yield, some rows at a time, and what is gone.

Invariant: the state that a resource keeps is the position of its object, written with the last of
its rows. A resource may yield in any order, so one that stopped half way is asked again from the
state before; what came already is landed once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count, islice
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from cdp.errors import UnreachableError
from cdp.sources import REJECTED, Batch
from cdp.sources.remote.absence import Absences
from cdp.sources.remote.dlt.rows import is_complete, items, layout
from cdp.sources.remote.values import batch
from cdp.sources.remote.walk import POSITION, Page

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import tzinfo

    from cdp.sources import Delivery, Opening
    from cdp.sources.remote.dlt.library import Resources
    from cdp.sources.remote.dlt.options import DltOptions
    from cdp.sources.remote.values import Layout

_CHUNK: Final = 10_000
"""Rows that are made a batch of at once."""


@dataclass(frozen=True, slots=True)
class DltWalker:
    """Walks over the resources of one instance."""

    opening: Opening
    resources: Resources
    options: DltOptions
    zone: tzinfo

    def deliveries(self, name: str) -> Iterator[Delivery]:
        """Yield what a resource yields, and, where that is everything there is, what is gone.

        Raises:
            UnreachableError: the resource stopped; what it gave before was yielded.
        """
        from dlt.common.versioned_state import json_decode_state  # noqa: PLC0415 - see __init__

        resource, declared = self.resources.found[name], self.options.of(name)
        position = self.opening.cursors.get((name, POSITION))
        state: dict[str, Any] = json_decode_state(position) if position is not None else {}
        stream = _Stream(self, name, self._told(name, items(resource, state)), state)
        stream.advance()
        where, seen = layout(resource, declared), list[pl.Series]()
        for number in count(1):
            is_news = number == 1 and stream.is_whole and stream.written() != position
            if not stream.ahead and not is_news:
                break
            delivery = _DltDelivery(stream, where, f"{name}.part-{number:04}")
            yield delivery
            seen += delivery.keys
        if stream.failure is not None:
            raise stream.failure
        if is_complete(resource, declared) and self.options.compare_days is not None and position:
            is_dated = where.changed is not None
            yield Absences(self.opening, name, _pages(name, seen), self.options, is_dated)

    def _told(self, name: str, found: Iterator[Any]) -> Iterator[Any]:
        """Yield the same, with errors that say where they come from."""
        try:
            yield from found
        except UnreachableError:
            raise
        except Exception as error:  # what somebody else wrote may raise anything
            what = f"{name} stopped"
            raise self.resources.failure(what, error) from error


@dataclass(slots=True)
class _Stream:
    """The rows of a resource, those that come next already there; and its state."""

    walker: DltWalker
    name: str
    rows: Iterator[Any]
    state: dict[str, Any]
    ahead: list[Any] = field(default_factory=list)
    failure: UnreachableError | None = None

    def advance(self) -> None:
        """Fetch the rows that come next; what came before a failure is kept."""
        self.ahead = []
        if self.failure is not None:
            return
        try:
            for row in islice(self.rows, _CHUNK):
                self.ahead.append(row)
        except UnreachableError as error:
            self.failure = error

    @property
    def is_whole(self) -> bool:
        """Whether the last row was taken."""
        return not self.ahead and self.failure is None

    def written(self) -> str:
        """Return the state as the text of a position."""
        from dlt.common.versioned_state import json_encode_state  # noqa: PLC0415 - see __init__

        return json_encode_state(self.state)  # type: ignore[arg-type] # it has no version of ours


@dataclass(slots=True)
class _DltDelivery:
    """Some rows of a resource; with the last ones goes the state."""

    stream: _Stream
    layout: Layout
    label: str
    keys: list[pl.Series] = field(default_factory=list)

    @property
    def object(self) -> str:
        """The resource."""
        return self.stream.name

    def batches(self) -> Iterator[Batch]:
        """Yield the next rows.

        Raises:
            UnreachableError: the resource stopped.
        """
        walker, done = self.stream.walker, 0
        while self.stream.ahead and done < walker.options.delivery_rows:
            rows = self.stream.ahead
            found = batch(rows, self.layout, walker.zone, self.label, done + 1)
            done += len(rows)
            self.keys.append(found.rows["native_id"])
            yield found
            self.stream.advance()

    def positions(self) -> Mapping[str, str]:
        """Return the state of the resource, once it came to its end."""
        return {POSITION: self.stream.written()} if self.stream.is_whole else {}


def _pages(name: str, seen: list[pl.Series]) -> Iterator[Page]:
    for keys in seen:
        yield Page(name, (Batch(keys.to_frame(), REJECTED.to_frame()),))
