"""A page of an object: the rows after a place, streamed from the server in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from cdp.errors import UnreachableError
from cdp.sources.remote.sql.place import WHOLE, Place
from cdp.sources.remote.values import batch
from cdp.sources.remote.walk import POSITION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import sqlalchemy as sa

    from cdp.sources import Batch
    from cdp.sources.remote.sql.database import Database
    from cdp.sources.remote.sql.place import Overlap
    from cdp.sources.remote.sql.question import Question

Row = dict[str, Any]
_CHUNK: Final = 10_000
"""Rows that are in memory at once."""


@dataclass(slots=True)
class SqlPage:
    """Some rows, landed together with the place of the last one.

    Attributes:
        size: rows of the page; None: all, and they have no place in the order.
        begin: the place that they come after.
        reached: what the last row is put in order by.
        has_more: whether there are rows behind it.
    """

    database: Database
    object: str
    question: Question
    overlap: Overlap
    label: str
    size: int | None = None
    begin: Place | None = None
    reached: tuple[Any, ...] = ()
    has_more: bool = False
    _keys: list[pl.Series] = field(default_factory=list)
    _first: list[Row] | None = None
    _rest: Iterator[list[Row]] = field(default_factory=lambda: iter(()))

    def opens(self, select: sa.Select[Any]) -> bool:
        """Ask for the rows, and return whether there are any."""
        self._rest = rows_of(self.database, self.object, select, self.question.columns)
        self._first = next(self._rest, None)
        return self._first is not None

    def batches(self) -> Iterator[Batch]:
        """Yield the rows.

        Raises:
            UnreachableError: the database stopped answering, or the key is no key.
        """
        done = 0
        for rows in self._chunks():
            kept = self._within(rows, done)
            if kept:
                zone = self.overlap.zone
                found = batch(kept, self.question.layout, zone, self.label, done + 1)
                done += len(kept)
                self._keys.append(found.rows["native_id"])
                yield found

    def positions(self) -> Mapping[str, str]:
        """Return where the next load begins."""
        if self.size is None:
            return {}
        place = self._next()
        return {POSITION: WHOLE if place is None else place.written(self.question.order)}

    @property
    def landed(self) -> pl.Series:
        """The keys of the rows, once they were read."""
        return pl.concat(self._keys) if self._keys else pl.Series(dtype=pl.String)

    def _chunks(self) -> Iterator[list[Row]]:
        if self._first is not None:
            yield self._first
        yield from self._rest

    def _within(self, rows: list[Row], done: int) -> list[Row]:
        """Return the rows that belong to the page, noting where they end."""
        if self.size is None:
            return rows
        kept = rows[: self.size - done]
        if kept:
            self.reached = self._order(kept[-1])
        self.has_more = len(kept) < len(rows)
        if self.has_more and self._order(rows[-1]) == self.reached:
            msg = (
                f"source {self.database.source}: {self.object} cannot be read, several rows have "
                f"the key {', '.join(self.question.layout.key)}; give key: the columns that tell "
                f"rows apart (options.objects.{self.object} in sources/{self.database.source}.yaml)"
            )
            raise UnreachableError(msg)
        return kept

    def _order(self, row: Row) -> tuple[Any, ...]:
        return tuple(row[name] for name in self.question.order)

    def _next(self) -> Place | None:
        """Return where the next load begins; None: at the beginning.

        A walk that was cut short goes on behind the last row, unless that is so recent that
        another may still appear before it.
        """
        reached = self.reached or (self.begin.values if self.begin is not None else ())
        if self.question.layout.changed is None:
            return Place(reached, is_after=True) if self.has_more else None
        if self.has_more and self.overlap.is_settled(reached[0]):
            return Place(reached, is_after=True)
        return self.overlap.before(reached[0])


def rows_of(
    database: Database, object_: str, select: sa.Select[Any], columns: Sequence[str]
) -> Iterator[list[Row]]:
    """Yield the rows of a SELECT, streamed by the server, some at a time."""
    with database.connected(object_) as connection:
        streamed = connection.execution_options(yield_per=_CHUNK)
        with streamed.execute(select) as result:
            for rows in result.partitions():
                yield [dict(zip(columns, row, strict=True)) for row in rows]
