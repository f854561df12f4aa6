"""Walks over an account: all at first, then what changed, and what is gone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from cdp.sources.remote.absence import Absences, is_due
from cdp.sources.remote.sfmc.objects import OBJECTS
from cdp.sources.remote.sfmc.rows import DisorderError, Rows, batches
from cdp.sources.remote.sfmc.soap import Between
from cdp.sources.remote.walk import POSITION, Page, Walk, begin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import tzinfo

    from cdp.sources import Delivery, Opening
    from cdp.sources.remote.client import Client
    from cdp.sources.remote.sfmc.objects import Object
    from cdp.sources.remote.sfmc.options import SfmcOptions
    from cdp.sources.remote.sfmc.soap import Soap


_SLACK: Final = timedelta(hours=1)
"""A run at the same hour each day is seldom a whole day after the one before."""


@dataclass(frozen=True, slots=True)
class Ending(Page):
    """A page of a window of events; `until` is where that ends, if it is its last page."""

    until: datetime | None = None


@dataclass(slots=True)
class Dated(Walk):
    """A walk by dates that rows bear: one that lies ahead would hide all changes until then.

    Attributes:
        begun: when the read began (UTC, naive), which its position is at most.
    """

    begun: datetime | None = None

    def read(self) -> Iterator[Page]:
        """Yield pages until the walk is over, noting how far they reach up to its beginning."""
        for page in Walk.read(self):
            if self.begun is not None and self.reached is not None:
                self.reached = min(self.reached, self.begun)
            yield page

    def positions(self) -> Mapping[str, str]:
        """Return how far the next walk can rely on it: nowhere where rows came in no order."""
        return {} if isinstance(self.failure, DisorderError) else Walk.positions(self)


@dataclass(slots=True)
class Windows(Walk):
    """A walk over events, which come in no order: only a whole window is a position."""

    done: datetime | None = None

    def read(self) -> Iterator[Page]:
        """Yield pages until the walk is over, noting which windows are whole."""
        for page in Walk.read(self):
            if isinstance(page, Ending) and page.until is not None:
                self.done = page.until
            yield page

    def positions(self) -> Mapping[str, str]:
        """Return where the last whole window ends (UTC, naive)."""
        return {} if self.done is None else {POSITION: _naive(self.done).isoformat()}


@dataclass(frozen=True, slots=True)
class Walker:
    """Walks over objects of one instance."""

    opening: Opening
    rest: Client
    soap: Soap
    options: SfmcOptions
    zone: tzinfo

    def deliveries(self, name: str) -> Iterator[Delivery]:
        """Yield what changed of an object, and, when it is time, what is gone of it.

        Raises:
            UnreachableError: Marketing Cloud does not answer, or refuses.
        """
        known = OBJECTS.get(name)
        if known is None:
            yield from self._extension(name)
        elif known.is_event:
            pages = self._windows(name, known)
            yield from Windows(name, pages, is_ordered=False).deliveries()
        else:
            yield from self._listed(name, known)

    def _extension(self, name: str) -> Iterator[Delivery]:
        known = self.options.extension(name)
        rows = Rows(self.rest, self.options, name, known, self.zone, self.opening.now)
        is_dated, begun = known.changed is not None, _naive(self.opening.now)
        pages = rows.pages(self._since(name) if is_dated else None, is_look=self.opening.is_look)
        reached = None if is_dated else begun
        yield from Dated(name, pages, is_dated, reached, begun=begun).deliveries()
        if is_due(self.opening, name, self.options):
            yield self._absences(name, partial(rows.pages, None), is_dated=is_dated)

    def _listed(self, name: str, known: Object) -> Iterator[Delivery]:
        """Yield an object that is read whole at first, and then as far as it can be asked for."""
        since, where = self._since(name), None
        if since is not None and known.dated is not None:
            where = Between(known.dated, since)
        if where is not None or self._is_time(name):
            pages = self._pages(name, known, where)
            begun = _naive(self.opening.now)
            yield from Dated(name, pages, False, begun, begun=begun).deliveries()  # noqa: FBT003 - is_ordered
        if is_due(self.opening, name, self.options):
            there = partial(self._pages, name, known, None)
            yield self._absences(name, there, is_dated=known.dated is not None)

    def _absences(
        self, name: str, there: Callable[[], Iterator[Page]], *, is_dated: bool
    ) -> Delivery:
        """Return the delivery of what is gone: missing twice, since pages may be counted."""
        return Absences(self.opening, name, there(), self.options, is_dated, again=there)

    def _is_time(self, name: str) -> bool:
        position = self.opening.cursors.get((name, POSITION))
        last = begin(position, timedelta())
        age = timedelta(days=self.options.subscriber_days) - _SLACK
        return last is None or self.opening.is_look or self.opening.now - last >= age

    def _pages(self, name: str, known: Object, where: Between | None) -> Iterator[Page]:
        found = self.soap.retrieve(name, self._properties(name, known), where)
        for number, rows in enumerate(found, start=1):
            label = f"{name}.page-{number:04}"
            yield Page(label, tuple(batches(label, rows, known.shape, self.zone)))

    def _windows(self, name: str, known: Object) -> Iterator[Ending]:
        assert known.dated is not None  # noqa: S101 - events are
        now, asked = self.opening.now, self._properties(name, known)
        start = self._since(name) or now - timedelta(days=self.options.tracking_days)
        # who only looks is shown something soon, however long nothing happened
        length = now - start if self.opening.is_look else timedelta(hours=self.options.window_hours)
        while start < now:
            end = min(start + length, now)
            pages = _with_last(self.soap.retrieve(name, asked, Between(known.dated, start, end)))
            for number, (rows, is_last) in enumerate(pages, start=1):
                label = f"{name}.{start:%Y-%m-%dT%H%M}.page-{number:04}"
                found = tuple(batches(label, rows, known.shape, self.zone))
                yield Ending(label, found, end if is_last else None)
            start = end

    def _properties(self, name: str, known: Object) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*known.properties, *self.options.properties.get(name, ()))))

    def _since(self, name: str) -> datetime | None:
        position = self.opening.cursors.get((name, POSITION))
        since = begin(position, timedelta(minutes=self.options.overlap_minutes))
        return None if since is not None and since > self.opening.now else since


def _with_last(
    pages: Iterator[list[dict[str, object]]],
) -> Iterator[tuple[list[dict[str, object]], bool]]:
    """Yield pages, and whether each is the last one."""
    page = next(pages, None)
    while page is not None:
        following = next(pages, None)
        yield page, following is None
        page = following


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
