"""Changes that an OData service keeps track of itself (version 4, `odata.track-changes`).

The last page of a reading holds a link; what it answers later is what changed since, deletions
included, and another link. That link is the position. A service forgets links after a while (410):
then everything is read again, and compared, since the deletions in between were never told.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urljoin

import msgspec

from cdp.errors import UnreachableError
from cdp.sources.remote.odata_dialect import V4, told
from cdp.sources.remote.walk import Page, Walk
from cdp.sources.wire.pages import page
from cdp.sources.wire.shape import AllOf, LatestOf

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime, tzinfo

    from cdp.sources.remote.client import Client
    from cdp.sources.wire.delivery import Task
    from cdp.sources.wire.shape import Row

POSITION: Final = "tracked"
"""What the position of such a walk is of."""
PREFERENCE: Final = "odata.track-changes"
_GONE: Final = 410
_DOCUMENT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_IDS: Final = ("@id", "@odata.id", "id")
_PREDICATE: Final = re.compile(r"\((.*)\)/?$")
_PART: Final = re.compile(r"(?:(\w+)=)?(?:'((?:[^']|'')*)'|([^,']+))(?:,|$)")


@dataclass(frozen=True, slots=True)
class TrackedKey(AllOf):
    """A key of these fields; of a row that is gone it may stand in its address alone."""

    def __call__(self, row: Row) -> str | None:
        """Return the key of a row."""
        if not is_gone(row) or ("@removed" in row and self._is_whole(row)):
            return AllOf.__call__(self, row)
        address = next((row[name] for name in _IDS if isinstance(row.get(name), str)), None)
        return None if address is None else self._of_address(address)

    def _is_whole(self, row: Row) -> bool:
        return all(row.get(name) is not None for name in self.fields)

    def _of_address(self, address: str) -> str | None:
        """Return the key in an address such as Orders('A1') or Lines(Order=1,Line=2)."""
        predicate = _PREDICATE.search(address)
        parts = _PART.findall(unquote(predicate[1])) if predicate is not None else []
        if not parts:
            return AllOf.__call__(self, dict.fromkeys(self.fields[:1], address))
        values = {
            name or self.fields[0]: text.replace("''", "'") or plain.strip()
            for name, text, plain in parts
        }
        return AllOf.__call__(self, values)


@dataclass(frozen=True, slots=True)
class TrackedChange:
    """When a row changed: what is gone carries no time, so that is when it was told.

    Without a field of change nothing has a time, and what came last holds.
    """

    fields: tuple[str, ...]
    now: datetime

    def __call__(self, row: Row, zone: tzinfo) -> datetime | None:
        """Return the time of change of a row (UTC, naive)."""
        if self.fields and is_gone(row):
            return self.now.astimezone(UTC).replace(tzinfo=None)
        return LatestOf(self.fields)(row, zone)


def is_gone(row: Row) -> bool:
    """Return whether a row says that its object was deleted."""
    context = row.get("@odata.context", row.get("@context"))
    return "@removed" in row or (isinstance(context, str) and context.endswith("/$deletedEntity"))


@dataclass(slots=True)
class Tracked:
    """The reading of one set by its links.

    Attributes:
        name: the object.
        path: where the set is below the address.
        params: query of the first reading.
        link: link that the last reading ended with; None: everything is read.
        is_anew: whether the service had forgotten the link.
    """

    name: str
    path: str
    params: Mapping[str, str]
    client: Client
    task: Task
    link: str | None
    is_anew: bool = field(default=False, init=False)

    def walk(self) -> Walk:
        """Return the walk."""
        return _TrackedWalk(self.name, self._pages(), is_ordered=False, reading=self)

    def _pages(self) -> Iterator[Page]:
        asked, number = self.link, 0
        self.link = None
        while number == 0 or asked is not None:
            number += 1
            raw = self._ask(asked)
            label = f"{self.name}.page-{number:04}"
            found = Page(self.name, tuple(page(V4.layout, label, raw, self.task)))
            asked = self._told(raw, "nextLink")
            self.link = self._told(raw, "deltaLink")
            yield found
        if self.link is None:
            msg = (
                f"source {self.client.source}: {self.path} keeps no track of its changes; leave "
                "track_changes: out and name the field that says when a row changed in changed:"
            )
            raise UnreachableError(msg)

    def _ask(self, link: str | None) -> bytes:
        response = self.client.send("GET", link or self.path, None if link else self.params)
        if response.status_code == _GONE and link is not None:
            self.is_anew = True
            response = self.client.send("GET", self.path, self.params)
        if not response.is_success:
            raise self.client.refusal(response)
        return response.content

    def _told(self, raw: bytes, name: str) -> str | None:
        try:
            document = _DOCUMENT.decode(raw)
            _ = document["value"]
            link = told(document, name)
        except (LookupError, msgspec.MsgspecError) as error:
            msg = (
                f"source {self.client.source}: {self.path} answered something that is no page of "
                "OData version 4; look at url:"
            )
            raise UnreachableError(msg) from error
        return None if link is None else urljoin(f"{self.client.base}/{self.path}", link)


@dataclass(slots=True)
class _TrackedWalk(Walk):
    """A walk whose position is the link at its end."""

    reading: Tracked = field(kw_only=True)

    def positions(self) -> Mapping[str, str]:
        """Return the link, once all was read."""
        link = self.reading.link
        return {POSITION: link} if self.is_whole and link is not None else {}
