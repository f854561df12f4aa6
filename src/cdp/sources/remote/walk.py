"""Walking an object of a system page by page, and landing what was read bit by bit.

Invariant: a position is never further than what was landed with it. Where pages come in the order
of change, the latest change on the pages read so far is where a walk that is cut short goes on;
otherwise only a walk that came to its end has a position. Every walk begins a little before where
the last one ended, since a system may show a change late; what is read twice is landed once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Final

from cdp.errors import UnreachableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cdp.sources import Batch

POSITION: Final = "changes"
"""What the position of a walk is of."""
_PAGES: Final = 20


@dataclass(frozen=True, slots=True)
class Page:
    """One answer: what it is called in locators, and its rows."""

    label: str
    batches: tuple[Batch, ...]

    @property
    def rows(self) -> int:
        """Rows and rejected pieces on it."""
        return sum(len(batch.rows) + len(batch.rejected) for batch in self.batches)

    @property
    def latest(self) -> datetime | None:
        """The latest change on it (UTC, naive), if any row tells of one."""
        found = [batch.rows["changed_at"].max() for batch in self.batches]
        return max((moment for moment in found if isinstance(moment, datetime)), default=None)


@dataclass(frozen=True, slots=True)
class Reached(Page):
    """A page that says how far it reaches by its last row.

    A row of it that was changed after the query had begun is later than those after it.
    """

    @property
    def latest(self) -> datetime | None:
        """When the last row changed (UTC, naive)."""
        found = self._last("changed_at")
        return found if isinstance(found, datetime) else None

    @property
    def key(self) -> str | None:
        """The key of the last row, None where no row has one."""
        found = self._last("native_id")
        return found if isinstance(found, str) else None

    def _last(self, column: str) -> object:
        filled = (batch.rows for batch in reversed(self.batches) if len(batch.rows))
        return next((rows[column][-1] for rows in filled), None)


@dataclass(slots=True)
class Walk:
    """A walk over one object.

    Attributes:
        object: the source's own name of the object.
        pages: its pages from the position on.
        is_ordered: whether they come in the order of change.
        reached: the latest change on the pages read so far.
        ahead: the page that comes next, already there; None: no more.
        failure: why there is no more, if the system stopped answering.
    """

    object: str
    pages: Iterator[Page]
    is_ordered: bool
    reached: datetime | None = None
    ahead: Page | None = None
    failure: UnreachableError | None = None

    def deliveries(self) -> Iterator[PageRun]:
        """Yield deliveries until the walk is over; each has to be read before the next.

        Raises:
            UnreachableError: the system does not answer; what it gave before was yielded.
        """
        self._advance()
        if self.ahead is not None and not self.ahead.rows:
            self._advance()
        while self.ahead is not None:
            yield PageRun(self)
        if self.failure is not None:
            raise self.failure

    def read(self) -> Iterator[Page]:
        """Yield pages until the walk is over, noting how far they reach."""
        while (page := self.ahead) is not None:
            self._advance()
            if page.latest is not None:
                self.reached = max(self.reached or page.latest, page.latest)
            yield page

    @property
    def is_whole(self) -> bool:
        """Whether the last page was read."""
        return self.ahead is None and self.failure is None

    def positions(self) -> Mapping[str, str]:
        """Return the latest change that was read, as far as the next walk can rely on it."""
        if self.reached is None or not (self.is_ordered or self.is_whole):
            return {}
        return {POSITION: self.reached.isoformat()}

    def _advance(self) -> None:
        try:
            self.ahead = next(self.pages, None)
        except UnreachableError as error:
            self.ahead, self.failure = None, error


@dataclass(slots=True)
class PageRun:
    """Some pages of a walk, landed together with the position that they reached."""

    walk: Walk
    labels: list[str] = field(default_factory=list)

    @property
    def object(self) -> str:
        """The object that is walked over."""
        return self.walk.object

    @property
    def label(self) -> str:
        """The pages, once they were read."""
        if not self.labels:
            return self.object
        first, last = self.labels[0], self.labels[-1]
        return first if first == last else f"{first} to {last}"

    def batches(self) -> Iterator[Batch]:
        """Yield the rows of the next pages."""
        for page in islice(self.walk.read(), _PAGES):
            self.labels.append(page.label)
            yield from page.batches

    def positions(self) -> Mapping[str, str]:
        """Return how far the walk has come, as far as the next one can rely on it."""
        return self.walk.positions()


def instant(moment: datetime) -> str:
    """Return a moment (UTC) as systems are asked by it: ISO 8601, cut to the millisecond."""
    return f"{moment.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def begin(position: str | None, overlap: timedelta) -> datetime | None:
    """Return the moment (UTC) from which changes are to be read; None: from the beginning."""
    if position is None:
        return None
    return datetime.fromisoformat(position).replace(tzinfo=UTC) - overlap
