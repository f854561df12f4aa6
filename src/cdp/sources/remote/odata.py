"""OData version 2: entity sets in the order of their changes, page after page.

Rows are kept as they came; where the next page is, the answer says (`d.__next`).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Final, Literal

import msgspec
from pydantic import Field

from cdp.errors import UnreachableError
from cdp.sources.remote.absence import AbsenceOptions, Absences, is_due
from cdp.sources.remote.walk import POSITION, Page, Walk, begin
from cdp.sources.wire.files import Task
from cdp.sources.wire.pages import ODATA, page
from cdp.sources.wire.shape import AllOf, FirstOf, latest_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

    from cdp.sources import Delivery, Opening
    from cdp.sources.remote.client import Client
    from cdp.sources.wire.shape import Shape

_DOCUMENT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


@dataclass(frozen=True, slots=True)
class EntitySet:
    """How one entity set is walked over.

    Attributes:
        key: field that puts rows of one moment in order.
        changed: field that says when a row last changed; None: all rows are read each time.
        literal: how its values are written in a filter; those of a `datetime` are whole days.
        created: field that stands in for `changed` until the first change.
        expand: what comes within each row.
        select: fields to ask for; none: all.
        service: path of the service below the address, where it is not the address itself.
    """

    key: str
    changed: str | None
    literal: Literal["datetimeoffset", "datetime"] = "datetimeoffset"
    created: str | None = None
    expand: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    service: str = ""

    @property
    def is_ordered(self) -> bool:
        """Whether rows can be asked for in the order of their change."""
        return self.changed is not None and self.created is None

    def params(self, since: datetime | None) -> dict[str, str]:
        """Return the query of what changed from a moment (UTC) on; None: of everything."""
        order = f"{self.changed},{self.key}" if self.is_ordered else self.key
        params = {"$format": "json", "$orderby": order}
        if self.expand:
            params["$expand"] = ",".join(self.expand)
        if self.select:
            params["$select"] = ",".join(self.select)
        if since is not None and self.changed is not None:
            fields = [self.changed, *([self.created] if self.created else [])]
            params["$filter"] = " or ".join(f"{f} ge {self._moment(since)}" for f in fields)
        return params

    def _moment(self, since: datetime) -> str:
        if self.literal == "datetime":
            return f"datetime'{since:%Y-%m-%dT00:00:00}'"
        return f"datetimeoffset'{since:%Y-%m-%dT%H:%M:%S}.{since.microsecond // 1000:03d}Z'"


class ODataOptions(AbsenceOptions):
    """Options of systems that are read by OData."""

    overlap_minutes: int = Field(
        10, ge=0, description="how far before the last change the next load begins"
    )
    page_size: int | None = Field(
        None, ge=1, description="rows to ask for at once, of a server that makes no pages itself"
    )
    changed_fields: dict[str, str] = Field(
        default_factory=dict,
        description="field that says when a row changed, by entity set, where the tenant's differs",
    )


@dataclass(frozen=True, slots=True)
class ODataWalker:
    """Walks over entity sets of one instance."""

    opening: Opening
    client: Client
    options: ODataOptions
    zone: tzinfo

    def deliveries(self, name: str, entity_set: EntitySet, shape: Shape) -> Iterator[Delivery]:
        """Yield what changed in a set, and, when it is time, what is gone from it.

        Raises:
            UnreachableError: the system does not answer.
        """
        changed = self.options.changed_fields.get(name)
        chosen = replace(entity_set, changed=changed) if changed is not None else entity_set
        # Pages are asked for by this field, so no other may say when a row of them changed.
        moved = latest_of(chosen.changed) if chosen.changed and chosen.is_ordered else shape.changed
        task = Task(replace(shape, changed=moved), self.options, self.zone)
        position = self.opening.cursors.get((name, POSITION))
        since = begin(position, timedelta(minutes=self.options.overlap_minutes))
        yield from Walk(
            name, self._pages(name, chosen, task, since), chosen.is_ordered
        ).deliveries()
        if is_due(self.opening, name, POSITION, self.options):
            only = replace(chosen, changed=None, expand=(), select=_fields(chosen, shape))
            pages = self._pages(name, only, task, None)
            yield Absences(self.opening, name, pages, self.options)

    def _pages(
        self, name: str, chosen: EntitySet, task: Task, since: datetime | None
    ) -> Iterator[Page]:
        """Yield page after page; the next one is fetched while this one is landed."""
        path = "/".join(part for part in (chosen.service, name) if part)
        step = _Step(path, chosen, since, self.options.page_size)
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(self.client.get, *step.first())
            for number in count(1):
                raw = asked.result()
                link = _link(raw, self.client.source, path)
                found = Page(name, tuple(page(ODATA, f"{name}.page-{number:04}", raw, task)))
                following = step.following(found, link)
                if following is None:
                    yield found
                    return
                asked = pool.submit(self.client.get, *following)
                yield found


@dataclass(slots=True)
class _Step:
    """Where a walk stands, and what it asks for next.

    In the order of change the next page is asked for by the latest change of this one: a server
    counts rows, and one that moves to the end while a walk is on would hide another behind it.
    Where a whole page changed at one moment there is only the count to go by.
    """

    path: str
    chosen: EntitySet
    since: datetime | None
    size: int | None
    skipped: int = 0

    def first(self) -> tuple[str, dict[str, str]]:
        """Return address and query of the first page."""
        return self.path, self._params()

    def following(self, found: Page, link: str | None) -> tuple[str, dict[str, str] | None] | None:
        """Return address and query of the page after this one, None when it is the last."""
        if link is None and (self.size is None or found.rows < self.size):
            return None
        latest = found.latest.replace(tzinfo=UTC) if found.latest is not None else None
        if self.chosen.is_ordered and latest and (self.since is None or latest > self.since):
            self.since, self.skipped = latest, 0
            return self.path, self._params()
        if link is not None:
            return link, None
        self.skipped += found.rows
        return self.path, self._params()

    def _params(self) -> dict[str, str]:
        params = self.chosen.params(self.since)
        if self.size is not None:
            params |= {"$top": str(self.size), "$skip": str(self.skipped)}
        return params


def _fields(chosen: EntitySet, shape: Shape) -> tuple[str, ...]:
    """Return the fields that the key of a row is made of."""
    of_key = shape.key.fields if isinstance(shape.key, FirstOf | AllOf) else ()
    return tuple(dict.fromkeys((chosen.key, *of_key)))


def _link(raw: bytes, source: str, path: str) -> str | None:
    try:
        body = _DOCUMENT.decode(raw)["d"]
        link = None if bytes(body).startswith(b"[") else _DOCUMENT.decode(body).get("__next")
        return None if link is None else msgspec.json.decode(link, type=str | None)
    except (LookupError, msgspec.MsgspecError) as error:
        msg = (
            f"source {source}: {path} answered something that is no page of OData version 2; "
            "look at url:"
        )
        raise UnreachableError(msg) from error
