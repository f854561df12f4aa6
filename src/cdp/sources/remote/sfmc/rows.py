"""Rows of data extensions, by the REST API.

A page is the answer to a question that the system keeps under a token for as long as its pages are
asked for; how long that is, and whether it keeps the rows as they were, is nowhere said. So where
rows have a date of change, the next page is asked for from the change of the last row on, and only
among rows of one moment by the token: what changes meanwhile moves to the end and hides no other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import count
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import msgspec
import polars as pl

from cdp.errors import UnreachableError
from cdp.sources import ROWS
from cdp.sources.remote.ahead import ahead
from cdp.sources.remote.walk import Page
from cdp.sources.wire.batch import Collector
from cdp.sources.wire.delimited import distinct
from cdp.sources.wire.documents import page_of
from cdp.sources.wire.shape import KeyOf, Shape, all_of, latest_of, never

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import tzinfo

    from cdp.sources import Batch
    from cdp.sources.remote.client import Client
    from cdp.sources.remote.sfmc.options import DataExtension, SfmcOptions

_ROOT: Final = "data"
_OWN_KEY: Final = "_customobjectkey"
"""What rows of a data extension without a primary key are known by."""
_STEP: Final = timedelta(seconds=1)
_DISORDER: Final = (
    "source {source}: {name}: rows came in another order than that of their date of change, which "
    "they were asked for in, so that some would be missed; leave changed: out of what options."
    "data_extensions has of it, and all rows are read each time"
)
_CIRCLE: Final = (
    "source {source}: {name}: the link to the next page leads to one that was read already, so the "
    "rest cannot be reached; load it again, and if that lasts, ask Salesforce's support"
)
_encode: Final = msgspec.json.Encoder().encode


class DisorderError(UnreachableError):
    """Rows were asked for in the order of their change, and came in another."""


class _Links(msgspec.Struct):
    next: str | None = None


class _Item(msgspec.Struct):
    keys: dict[str, Any] = {}
    values: dict[str, Any] = {}

    def row(self) -> dict[str, Any]:
        """Return its fields, as columns."""
        names = _columns((*self.keys, *self.values))
        return dict(zip(names, (*self.keys.values(), *self.values.values()), strict=True))


class _Answer(msgspec.Struct):
    items: list[_Item] | msgspec.UnsetType = msgspec.UNSET
    count: int | None = None
    links: _Links = msgspec.field(default_factory=_Links)

    def rows(self) -> list[_Item]:
        """Return its rows.

        Raises:
            ValidationError: it has none, and does not say either that there are none.
        """
        if self.items is msgspec.UNSET and self.count != 0:
            msg = "neither items nor a count of 0"
            raise msgspec.ValidationError(msg)
        return self.items or []


@dataclass(frozen=True, slots=True)
class Rows:
    """Asks for the rows of one data extension, and holds the answers to the order asked for.

    Attributes:
        name: what it is called here.
        zone: of the account's clock.
        now: when the read begins; a row may bear a date that lies ahead of it.
    """

    client: Client
    options: SfmcOptions
    name: str
    known: DataExtension
    zone: tzinfo
    now: datetime

    def pages(self, since: datetime | None, *, is_look: bool = False) -> Iterator[Page]:
        """Yield page after page; the next ones are fetched while this one is landed.

        Raises:
            UnreachableError: Marketing Cloud does not answer, or refuses.
        """
        pages = self._pages(since)
        return pages if is_look else ahead(pages)

    def _pages(self, since: datetime | None) -> Iterator[Page]:
        path, params = self._question(since)
        key: KeyOf | None = None
        reached, before = since, None
        asked = {path}
        for number in count(1):
            items, link = self._answer(path, params)
            if number == 1:
                key = row_key(self.known, items[0].keys if items else {})
            page = self._page(f"{self.name}.page-{number:04}", items, shape(self.known, key))
            is_straight = self._is_straight(page, before)
            yield page
            if link is None or not items:
                return
            latest = self._latest(page)
            if is_straight and latest is not None and (reached is None or latest > reached):
                reached, before = latest, None
                path, params = self._question(latest - _STEP)
                asked = {path}
            else:
                before = max(filter(None, (before, page.latest)), default=None)
                path, params = _following(link), {}
                if path in asked:
                    raise UnreachableError(
                        _CIRCLE.format(source=self.client.source, name=self.name)
                    )
                asked.add(path)

    def _is_straight(self, page: Page, before: datetime | None) -> bool:
        """Return whether rows come in the order of change, none earlier than one before it.

        In the hour that a clock is set back by they may not seem to: both rounds of it read alike.

        Args:
            page: the rows.
            before: the latest change on the pages before that are of the same question.

        Raises:
            DisorderError: they do not, so that going on by the latest of them would skip others.
        """
        found = [batch.rows["changed_at"] for batch in page.batches]
        moments = pl.concat([pl.Series([before], dtype=ROWS["changed_at"]), *found]).drop_nulls()
        early = moments.filter(moments < moments.cum_max())
        if not all(_comes_twice(moment, self.zone) for moment in early):
            raise DisorderError(_DISORDER.format(source=self.client.source, name=self.name))
        return not len(early)

    def _latest(self, page: Page) -> datetime | None:
        """Return the latest change on a page (UTC), the beginning of the read at most."""
        return None if page.latest is None else min(page.latest.replace(tzinfo=UTC), self.now)

    def _question(self, since: datetime | None) -> tuple[str, dict[str, str]]:
        named = quote(self.known.external_key or self.name, safe="")
        params = {"$page": "1", "$pageSize": str(self.options.page_size)}
        if self.known.changed is not None:
            params["$orderBy"] = f"{self.known.changed} asc"
            if since is not None:
                moment = since.astimezone(self.zone).strftime(self.options.changed_format)
                parts = {"field": self.known.changed, "moment": moment}
                params["$filter"] = self.options.changed_filter.format(**parts)
        return f"{_ROOT}/v1/customobjectdata/key/{named}/rowset", params

    def _answer(self, path: str, params: Mapping[str, str]) -> tuple[list[_Item], str | None]:
        """Return the rows of a page, and where the next one is."""
        raw = self.client.get(path, params)
        try:
            answer = msgspec.json.decode(raw, type=_Answer)
            return answer.rows(), answer.links.next
        except msgspec.MsgspecError as error:
            msg = (
                f"source {self.client.source}: {self.name}: the answer is none of Marketing Cloud "
                f"({error}); look at url:, it is https://<subdomain>.rest.marketingcloudapis.com"
            )
            raise UnreachableError(msg) from error

    def _page(self, label: str, items: list[_Item], shape: Shape) -> Page:
        rows = [item.row() for item in items]
        return Page(label, tuple(batches(label, rows, shape, self.zone)))


def batches(label: str, rows: list[dict[str, Any]], shape: Shape, zone: tzinfo) -> Iterator[Batch]:
    """Yield rows of one page."""
    found = page_of([_encode(row) for row in rows], label, shape, zone)
    if found is not None:
        yield found
        return
    collector = Collector(shape, zone)
    for index, row in enumerate(rows):
        collector.mapping(f"{label}#{index}", row)
    yield from collector.rest()


def column(name: str) -> str:
    """Return what a field is called, however the API, an export or an option writes it.

    A data extension may have blanks in names, and exports and people leave them out.
    """
    return name.replace(" ", "").lower()


@lru_cache(maxsize=64)
def _columns(names: tuple[str, ...]) -> list[str]:
    return distinct([column(name) for name in names])


def row_key(known: DataExtension, given: Mapping[str, Any]) -> KeyOf | None:
    """Return what tells rows apart; None: nothing but their content.

    Fields that are declared, else the primary key, else a number that the system gives a row.
    """
    primary = [name for name in map(column, given) if name != _OWN_KEY]
    own = [_OWN_KEY] if len(primary) < len(given) else []
    names = [column(name) for name in known.keys] or primary or own
    return all_of(*names) if names else None


def shape(known: DataExtension, key: KeyOf | None) -> Shape:
    """Return the shape of the rows of a data extension."""
    return Shape(key, never if known.changed is None else latest_of(column(known.changed)))


def _comes_twice(moment: datetime, zone: tzinfo) -> bool:
    """Return whether clocks show this moment (UTC, naive) once more, after they were set back."""
    local = moment.replace(tzinfo=UTC).astimezone(zone)
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


def _following(link: str) -> str:
    """Return where the next page is; links are told from below the root of the data API."""
    if link.startswith(("http", f"/{_ROOT}/")):
        return link.lstrip("/")
    return f"{_ROOT}/{link.lstrip('/')}"
