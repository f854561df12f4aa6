"""Walks over the objects of an account: all at first, what changed, and what is gone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from cdp.sources.remote.absence import Absences, is_due
from cdp.sources.remote.hubspot.messages import changes_of, told
from cdp.sources.remote.hubspot.objects import shape_of
from cdp.sources.remote.hubspot.paged import Pages, Read
from cdp.sources.remote.walk import POSITION, Page, Walk, begin
from cdp.sources.wire.delivery import Task

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import tzinfo

    from cdp.sources import Batch, Delivery, Opening
    from cdp.sources.remote.hubspot.api import Api, Row
    from cdp.sources.remote.hubspot.objects import Object
    from cdp.sources.remote.hubspot.options import HubSpotOptions
    from cdp.sources.remote.hubspot.whole import Whole

LISTING: Final = "listing"
"""What the position of a list is of that is not read to its end."""
_LISTED: Final = "listed"
_TOLD: Final = "told"
_ARCHIVE: Final = "archive"


class _Place(msgspec.Struct):
    """How far a list was read, and the latest change from before it was begun."""

    after: str | None = None
    until: str | None = None


@dataclass(slots=True)
class Listing(Walk):
    """A walk over the whole list, which is in no order of change.

    What changes while it is on is read again afterwards: from `until`, the latest change that was
    known when the list was begun, however often it was cut short since.
    """

    until: str | None = None
    after: str | None = None
    now: str = ""

    def read(self) -> Iterator[Page]:
        """Yield pages until the list is over, noting how far they reach."""
        for page in Walk.read(self):
            self.after = page.after if isinstance(page, Read) else None
            yield page

    def positions(self) -> Mapping[str, str]:
        """Return where the list goes on, or from when on changes are to be read."""
        if self.is_whole:
            reached = {} if self.until is None else {POSITION: self.until}
            return {LISTING: "", _LISTED: self.now, **reached}
        if self.after is None:
            return {}
        return {LISTING: msgspec.json.encode(_Place(self.after, self.until)).decode()}


@dataclass(slots=True)
class Told(Walk):
    """A walk over records that messages told of; how far changes were read is another matter."""

    def positions(self) -> Mapping[str, str]:
        """Return nothing: where it ended says nothing of other records."""
        return {}


@dataclass(frozen=True, slots=True)
class Done:
    """The delivery that what was told has been read; it has no rows."""

    object: str
    reached: int

    @property
    def label(self) -> str:
        """What has been read."""
        return f"{self.object} told and read"

    def batches(self) -> Iterator[Batch]:
        """Yield nothing."""
        yield from ()

    def positions(self) -> Mapping[str, str]:
        """Return the last message that was read for."""
        return {_TOLD: str(self.reached)}


@dataclass(frozen=True, slots=True)
class Archive:
    """The delivery of what was deleted and is kept for a while, all of it at once."""

    object: str
    pages: Iterator[Page]
    now: datetime

    @property
    def label(self) -> str:
        """What is read."""
        return f"{self.object} in the archive"

    def batches(self) -> Iterator[Batch]:
        """Yield what was deleted.

        Raises:
            UnreachableError: the account does not answer, or refuses.
        """
        for page in self.pages:
            yield from page.batches

    def positions(self) -> Mapping[str, str]:
        """Return when it was read."""
        return {_ARCHIVE: self.now.isoformat()}


@dataclass(frozen=True, slots=True)
class Walker:
    """Walks over objects of one instance."""

    opening: Opening
    api: Api
    options: HubSpotOptions
    clock: tzinfo
    whole: Whole

    def deliveries(self, known: Object) -> Iterator[Delivery]:
        """Yield what changed of an object, and, when it is time, what is gone of it.

        Raises:
            UnreachableError: the account does not answer, or refuses.
        """
        task = Task(shape_of(known.name), self.options, self.clock)
        look = self.opening.is_look
        pages = Pages(self.api, known, self.options, task, self.whole, look)
        position = self.opening.cursors.get((known.name, POSITION))
        left = self.opening.cursors.get((known.name, LISTING))
        since = begin(position, timedelta(minutes=self.options.overlap_minutes))
        if since is None or left or self._is_due(known.name, _LISTED, self.options.reread_days):
            yield from self._everything(pages, left)
        else:
            changed = self._with_merged(pages, pages.changed(since))
            yield from Walk(known.name, changed, is_ordered=True).deliveries()
        if self.options.webhooks is not None:
            yield from self._told(pages)
        if position is not None:
            yield from self._gone(pages)

    def _everything(self, pages: Pages, left: str | None) -> Iterator[Delivery]:
        if left:
            place = msgspec.json.decode(left, type=_Place)
        else:
            latest = pages.latest()
            until = None if latest is None else latest.replace(tzinfo=None).isoformat()
            place = _Place(None, until)
        listed = self._with_merged(pages, pages.everything(place.after))
        now = self.opening.now.isoformat()
        walk = Listing(pages.known.name, listed, is_ordered=False, until=place.until, now=now)
        yield from walk.deliveries()

    def _told(self, pages: Pages) -> Iterator[Delivery]:
        """Yield anew what messages told of since the last run, and how far they were read."""
        name = pages.known.name
        after = int(self.opening.cursors.get((name, _TOLD), "0"))
        heard = self.opening.since(changes_of(name), after)
        if len(heard):
            found = self._with_merged(pages, pages.some(told(heard["native_id"])))
            yield from Told(name, found, is_ordered=False).deliveries()
            yield Done(name, heard["seq"][-1])

    def _gone(self, pages: Pages) -> Iterator[Delivery]:
        name = pages.known.name
        if self._is_due(name, _ARCHIVE, self.options.archive_days):
            yield Archive(name, pages.archived(), self.opening.now)
        if is_due(self.opening, name, self.options):
            yield Absences(self.opening, name, pages.keys(), self.options)

    def _with_merged(self, pages: Pages, found: Iterator[Read]) -> Iterator[Page]:
        """Yield pages, and with them as gone what was landed before and is merged by now."""
        held: frozenset[str] | None = None
        for page in found:
            if page.merged and held is None:
                held = frozenset(self.opening.held(pages.known.name))
            landed = pages.known.key
            gone = [_merged(k, row) for k, row in page.merged.items() if held and landed(k) in held]
            more = tuple(pages.batches(f"{page.label}.merged", gone)) if gone else ()
            yield replace(page, batches=(*page.batches, *more))

    def _is_due(self, name: str, what: str, days: float | None) -> bool:
        """Return whether it is time again; the first time is with the second load."""
        if days is None or self.opening.is_look:
            return False
        last = self.opening.cursors.get((name, what))
        age = timedelta(days=days)
        return last is None or self.opening.now - datetime.fromisoformat(last) >= age


def _merged(key: str, into: Row) -> Row:
    """Return the row that says that a record is there no more, since it was merged into another."""
    return {"id": key, "archived": True, "archivedAt": into["updatedAt"], "mergedInto": into["id"]}
