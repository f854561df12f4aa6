"""An object read page after page: all rows by the list, what changed by search.

A search shows 10,000 results at most, and rows that change meanwhile move in it. So no second page
of a search is ever asked for: the next search begins at the last change that was seen. Where a
whole page has changed at one and the same moment (thousands of rows do in an import), the rows of
that moment are read in the order of their keys, and the search goes on behind it. Invariant: each
search begins later than the one before, by time or by key.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any, Final

import msgspec

from cdp.errors import UnreachableError
from cdp.sources.remote.ahead import ahead
from cdp.sources.remote.hubspot.api import BATCH, Rows, WrongError
from cdp.sources.remote.hubspot.objects import MERGED, MERGED_KEYS
from cdp.sources.remote.hubspot.whole import merged
from cdp.sources.remote.walk import Page
from cdp.sources.wire.batch import Collector
from cdp.sources.wire.documents import page_of
from cdp.sources.wire.shape import moment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cdp.sources import Batch
    from cdp.sources.remote.hubspot.api import Api, Row
    from cdp.sources.remote.hubspot.objects import Object
    from cdp.sources.remote.hubspot.options import HubSpotOptions
    from cdp.sources.remote.hubspot.whole import Whole
    from cdp.sources.wire.delivery import Task

KEY: Final = "hs_object_id"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_encode: Final = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Read(Page):
    """A page of whole rows.

    Attributes:
        after: what the next page of the list begins behind; None: it is the last one.
        merged: rows that say which others were merged into them, by those others' keys.
        until: how far a search reaches: when its last row changed, by the property searched for.
    """

    after: str | None
    merged: dict[str, Row]
    until: datetime | None = None

    @property
    def latest(self) -> datetime | None:
        """How far it reaches (UTC, naive); no other time of a row says what was searched."""
        return None if self.until is None else self.until.replace(tzinfo=None)


@dataclass(frozen=True, slots=True)
class Pages:
    """Asks for the rows of an object.

    `is_look`: who takes the pages may stop after a few, so that none is fetched early.
    """

    api: Api
    known: Object
    options: HubSpotOptions
    task: Task
    whole: Whole
    is_look: bool = False

    def everything(self, after: str | None) -> Iterator[Read]:
        """Yield all rows behind a place in the list, page after page.

        Raises:
            UnreachableError: the account does not answer, or refuses.
        """
        pages = self._listed(after)
        return pages if self.is_look else ahead(pages)

    def changed(self, since: datetime) -> Iterator[Read]:
        """Yield the rows that changed since a moment (UTC), in the order of change.

        Raises:
            UnreachableError: the account does not answer, or refuses.
        """
        pages = self._changed(_milliseconds(since))
        return pages if self.is_look else ahead(pages)

    def some(self, keys: Sequence[str]) -> Iterator[Read]:
        """Yield the rows with these keys, as many as there are.

        Raises:
            UnreachableError: the account does not answer, or refuses.
        """
        for at in range(0, len(keys), BATCH):
            found = self.api.read(self.known.type, keys[at : at + BATCH], self.known.asked)
            yield self.page(f"{self.known.name}.told-{at // BATCH + 1:04}", found)

    def keys(self) -> Iterator[Page]:
        """Yield the keys of all rows, page after page.

        Raises:
            UnreachableError: the account does not answer, or refuses.
        """
        yield from self._bare(is_archived=False, label="keys")

    def archived(self) -> Iterator[Page]:
        """Yield the rows that were deleted and are kept for a while, page after page.

        Raises:
            UnreachableError: the account does not answer, or refuses.
        """
        yield from self._bare(is_archived=True, label="archive")

    def latest(self) -> datetime | None:
        """Return when a row changed last, as far as the search knows; None: it knows of none.

        Raises:
            UnreachableError: the account does not answer, or refuses.
        """
        found = self._searched([_filter(self.known.changed, "HAS_PROPERTY")], "DESCENDING", 1)
        return self._change_of(found.results[-1]) if found.results else None

    def _listed(self, after: str | None) -> Iterator[Read]:
        asked = ",".join(self.known.asked)
        is_short = len(asked) <= self.options.longest_address
        params = {"limit": str(min(BATCH, self.options.page_size)), "archived": "false"}
        if is_short:
            params["properties"] = asked
        for number in count(1):
            behind = {} if after is None else {"after": after}
            try:
                found = self.api.listed(self.known.type, params | behind)
            except WrongError:
                if number > 1 or after is None:
                    raise
                # HubSpot promises nobody how long a place in a list holds.
                found = self.api.listed(self.known.type, params)
            rows = found.results if is_short else self._read(found.results)
            yield self.page(f"{self.known.name}.page-{number:04}", rows, found.after)
            after = found.after
            if after is None:
                return

    def _read(self, rows: list[Any]) -> list[Any]:
        """Return rows with properties that have no room in the address of a list."""
        keys = [str(each["id"]) for each in rows]
        return self.api.read(self.known.type, keys, self.known.asked)

    def _changed(self, start: int) -> Iterator[Read]:
        numbers = count(1)
        while True:
            filters = [_filter(self.known.changed, "GTE", start)]
            found = self._searched(filters, "ASCENDING", self.options.page_size).results
            yield self._numbered(next(numbers), found)
            if len(found) < self.options.page_size:
                return
            last = self._last(found)
            if last > start:
                start = last
            else:
                yield from self._at(start, numbers)
                start += 1

    def _at(self, time: int, numbers: Iterator[int]) -> Iterator[Read]:
        """Yield the rows that changed within one millisecond, in the order of their keys."""
        key = "0"
        while True:
            filters = [
                _filter(self.known.changed, "GTE", time),
                _filter(self.known.changed, "LT", time + 1),
                _filter(KEY, "GT", key),
            ]
            size = self.options.page_size
            found = self._searched(filters, "ASCENDING", size, KEY).results
            yield self._numbered(next(numbers), found)
            if len(found) < size:
                return
            key = str(found[-1]["id"])

    def _searched(
        self, filters: list[Row], direction: str, size: int, sort: str | None = None
    ) -> Rows:
        order = {"propertyName": sort or self.known.changed, "direction": direction}
        body = {
            "filterGroups": [{"filters": filters}],
            "sorts": [order],
            "properties": list(self.known.asked),
            "limit": size,
        }
        return self.api.searched(self.known.type, body)

    def _last(self, found: list[Any]) -> int:
        """Return when the last row of a search changed (milliseconds)."""
        changed = self._change_of(found[-1])
        if changed is None:
            msg = (
                f"source {self.api.client.source}: a search of {self.known.name} by "
                f"{self.known.changed} found a row without it, so that it cannot go on; look "
                "whether the app may read that property"
            )
            raise UnreachableError(msg)
        return _milliseconds(changed)

    def _change_of(self, row: Any) -> datetime | None:  # noqa: ANN401 - any JSON value
        said = row["properties"].get(self.known.changed)
        found = moment(int(said) if str(said).isdecimal() else said, UTC)
        return None if found is None else found.replace(tzinfo=UTC)

    def _numbered(self, number: int, found: list[Any]) -> Read:
        page = self.page(f"{self.known.name}.changes-{number:04}", found)
        return replace(page, until=self._change_of(found[-1])) if found else page

    def page(self, label: str, found: list[Any], after: str | None = None) -> Read:
        """Return rows as a page of whole ones.

        Raises:
            UnreachableError: the account does not answer, or refuses.
        """
        rows = [self._with_keys(row) for row in self.whole.rows(self.known, found)]
        into = {
            key: row
            for row in rows
            if isinstance(row, dict) and row["id"]
            for key in merged(row, MERGED)
        }
        return Read(label, tuple(self.batches(label, rows)), after, into)

    def _with_keys(self, row: Any) -> Any:  # noqa: ANN401 - any JSON value
        """Return a row with the keys merged into it, where those are not the IDs as they are."""
        if not (self.known.prefix and isinstance(row, dict) and row["id"]):
            return row
        keys = ";".join(f"{self.known.prefix}{key}" for key in merged(row, MERGED))
        return row | {MERGED_KEYS: keys} if keys else row

    def _bare(self, *, is_archived: bool, label: str) -> Iterator[Page]:
        params = {"limit": str(BATCH), "archived": str(is_archived).lower(), "properties": KEY}
        after: str | None = None
        for number in count(1):
            behind = {} if after is None else {"after": after}
            found = self.api.listed(self.known.type, params | behind)
            place = f"{self.known.name}.{label}-{number:04}"
            yield Page(place, tuple(self.batches(place, found.results)))
            after = found.after
            if after is None:
                return

    def batches(self, label: str, rows: Sequence[Any]) -> Iterator[Batch]:
        """Yield rows as a source lands them."""
        texts = [_encode(row) for row in rows]
        batch = page_of(texts, label, self.task.shape, self.task.zone)
        if batch is not None:
            yield batch
            return
        collector = Collector(self.task.shape, self.task.zone)
        for index, text in enumerate(texts):
            collector.text(f"{label}#{index}", text.decode())
        yield from collector.rest()


def _filter(property_: str, operator: str, value: int | str | None = None) -> Row:
    said = {} if value is None else {"value": str(value)}
    return {"propertyName": property_, "operator": operator, **said}


def _milliseconds(moment_: datetime) -> int:
    return (moment_ - _EPOCH) // _MILLISECOND
