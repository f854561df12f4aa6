"""Walking over the objects of a database: what changed, page after page, and what is gone.

Invariant: a position is that of the last row that was landed with it. Rows that nothing puts in
order, because a value is null, are read each time, before the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from cdp.sources import REJECTED, Batch
from cdp.sources.remote.absence import Absences, is_due
from cdp.sources.remote.sql.describe import describe
from cdp.sources.remote.sql.page import SqlPage, rows_of
from cdp.sources.remote.sql.place import Overlap, Place, read_place
from cdp.sources.remote.values import keys
from cdp.sources.remote.walk import POSITION, Page

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import tzinfo

    import polars as pl

    from cdp.sources import Delivery, Opening
    from cdp.sources.remote.sql.database import Database
    from cdp.sources.remote.sql.options import SqlOptions
    from cdp.sources.remote.sql.question import Question


@dataclass(frozen=True, slots=True)
class SqlWalker:
    """Walks over objects of one instance."""

    opening: Opening
    database: Database
    options: SqlOptions
    zone: tzinfo

    def deliveries(self, name: str) -> Iterator[Delivery]:
        """Yield what changed in an object, and, when it is time, what is gone from it.

        Raises:
            UnreachableError: the database cannot be reached, or refuses; says what to do.
        """
        question = describe(self.database, name, self.options.objects[name])
        begin = read_place(self.opening.cursors.get((name, POSITION)), question.order)
        seen: list[pl.Series] = []
        for page in self._pages(name, question, begin):
            yield page
            if question.layout.changed is None:
                seen.append(page.landed)
        if self._is_compared(name, question, begin):
            is_whole = question.layout.changed is None and begin is None
            shown = seen if is_whole else self._keys(name, question)
            is_dated = question.layout.changed is not None
            yield Absences(self.opening, name, _pages_of(name, shown), self.options, is_dated)

    def _is_compared(self, name: str, question: Question, begin: Place | None) -> bool:
        """Return whether deletions are looked for: where all was read, it costs nothing."""
        if question.layout.changed is None and begin is None:
            was_read = (name, POSITION) in self.opening.cursors
            return self.options.compare_days is not None and was_read
        return is_due(self.opening, name, self.options)

    def _pages(self, name: str, question: Question, begin: Place | None) -> Iterator[SqlPage]:
        overlap = Overlap(self.options, self.zone, self.opening.now)
        if question.has_strays:
            strays = SqlPage(self.database, name, question, overlap, f"{name} without order")
            if strays.opens(question.strays()):
                yield strays
        size = self.options.page_rows
        for number in count(1):
            label = f"{name}.page-{number:04}"
            page = SqlPage(self.database, name, question, overlap, label, size, begin)
            # One more than the page has: whether there are more, and whether a key is there twice.
            is_filled = page.opens(question.page(begin, size + 1))
            if is_filled or (begin is not None and begin.is_after):
                yield page
            if not page.has_more:
                return
            begin = Place(page.reached, is_after=True)

    def _keys(self, name: str, question: Question) -> Iterator[pl.Series]:
        for rows in rows_of(self.database, name, question.keys(), question.layout.key):
            yield keys(rows, question.layout)


def _pages_of(name: str, shown: Iterable[pl.Series]) -> Iterator[Page]:
    """Return pages of keys alone, as a comparison reads them."""
    for each in shown:
        yield Page(name, (Batch(each.alias("native_id").to_frame(), REJECTED.to_frame()),))
