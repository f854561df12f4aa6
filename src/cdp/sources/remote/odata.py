"""OData: entity sets in the order of their changes, page after page.

Rows are kept as they came; where the next page is, the answer says (`d.__next` in version 2,
`@odata.nextLink` in version 4).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin

import msgspec
from pydantic import Field

from cdp.errors import UnreachableError
from cdp.sources.remote.absence import AbsenceOptions, Absences, is_due
from cdp.sources.remote.ahead import ahead
from cdp.sources.remote.glance import glance
from cdp.sources.remote.odata_dialect import V2
from cdp.sources.remote.walk import POSITION, Page, Walk, begin
from cdp.sources.wire.delivery import Task
from cdp.sources.wire.pages import page
from cdp.sources.wire.shape import AllOf, FirstOf, latest_of, never

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

    from cdp.sources import Delivery, Opening
    from cdp.sources.remote.client import Client
    from cdp.sources.remote.glance import Glance
    from cdp.sources.remote.odata_dialect import Dialect, Literals
    from cdp.sources.wire.shape import Shape


@dataclass(frozen=True, slots=True)
class EntitySet:
    """How one entity set is walked over.

    Attributes:
        key: field that puts rows of one moment in order, or several with commas between them.
        changed: field that says when a row last changed; None: all rows are read each time.
        literal: how its values are written in a filter.
        created: field that stands in for `changed` until the first change.
        expand: what comes within each row.
        select: fields to ask for; none: all.
        service: path of the service below the address, where it is not the address itself.
        only: condition that the rows have to meet; none: all.
        is_usual: whether it is read where nothing says which sets are.
    """

    key: str
    changed: str | None
    literal: Literals = "datetimeoffset"
    created: str | None = None
    expand: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    service: str = ""
    only: str | None = None
    is_usual: bool = True

    def path(self, name: str) -> str:
        """Return where a set of this name is below the address."""
        return "/".join(part for part in (self.service, name) if part)

    @property
    def is_ordered(self) -> bool:
        """Whether rows can be asked for in the order of their change."""
        return self.changed is not None and self.created is None

    def params(self, since: datetime | None, dialect: Dialect) -> dict[str, str]:
        """Return the query of what changed from a moment (UTC) on; None: of everything."""
        order = f"{self.changed},{self.key}" if self.is_ordered else self.key
        params = {**dialect.asks, "$orderby": order, **self.parts()}
        if since is not None and self.changed is not None:
            fields = [self.changed, *([self.created] if self.created else [])]
            least = dialect.literal(self.literal, since)
            params["$filter"] = " or ".join(f"{field} ge {least}" for field in fields)
        if self.only is not None:
            news = f" and ({params['$filter']})" if "$filter" in params else ""
            params["$filter"] = f"{self.only}{news}"
        return params

    def parts(self) -> dict[str, str]:
        """Return the query of what is to be in each row."""
        asked = {"$expand": ",".join(self.expand), "$select": ",".join(self.select)}
        return {name: value for name, value in asked.items() if value}


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
    dialect: Dialect = V2

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
        walk = Walk(name, self._pages(name, chosen, task, since), chosen.is_ordered)
        if chosen.changed is None:
            walk.reached = self.opening.now.astimezone(UTC).replace(tzinfo=None)
        yield from walk.deliveries()
        if is_due(self.opening, name, self.options):
            yield self.absences(name, chosen, shape)

    def absences(self, name: str, chosen: EntitySet, shape: Shape) -> Delivery:
        """Return the delivery of what is gone from a set."""
        only = replace(chosen, changed=None, expand=(), select=_fields(chosen, shape))
        task = Task(shape, self.options, self.zone)
        keys = partial(self._pages, name, only, task, None)
        is_dated = shape.changed not in (never, latest_of())
        again = keys if self.options.page_size is not None else None
        return Absences(self.opening, name, keys(), self.options, is_dated, again)

    def _pages(
        self, name: str, chosen: EntitySet, task: Task, since: datetime | None
    ) -> Iterator[Page]:
        """Yield page after page; while one is read and landed the next ones are asked for."""
        answers = self._answers(name, chosen, task, since)
        for answer in answers if self.opening.is_look else ahead(answers):
            yield answer if isinstance(answer, Page) else self._page(name, *answer, task)

    def _page(self, name: str, number: int, raw: bytes, task: Task) -> Page:
        label = f"{name}.page-{number:04}"
        return Page(name, tuple(page(self.dialect.layout, label, raw, task)))

    def _answers(
        self, name: str, chosen: EntitySet, task: Task, since: datetime | None
    ) -> Iterator[Page | tuple[int, bytes]]:
        """Yield answer after answer with its number, as a page where that had to be read."""
        path = chosen.path(name)
        step = _Step(path, chosen, since, self.options.page_size, self.dialect)
        asked: tuple[str, dict[str, str] | None] | None = step.first()
        before = b""
        for number in count(1):
            if asked is None:
                return
            raw = self.client.get(*asked)
            if step.skipped and raw == before:
                raise UnreachableError(_STANDING.format(source=self.client.source, path=path))
            before = raw
            link = self._link(raw, path)
            found = glance(raw, self.dialect.layout, chosen.changed, task.zone)
            if found is not None:
                asked = step.following(found, link)
                yield number, raw
                continue
            read = self._page(name, number, raw, task)
            asked = step.following(read, link)
            yield read

    def _link(self, raw: bytes, path: str) -> str | None:
        try:
            link = self.dialect.link(raw)
        except (LookupError, msgspec.MsgspecError) as error:
            msg = (
                f"source {self.client.source}: {path} answered something that is no page of OData "
                f"version {self.dialect.version}; look at url:"
            )
            raise UnreachableError(msg) from error
        return None if link is None else urljoin(f"{self.client.base}/{path}", link)


_STANDING: Final = (
    "source {source}: {path} gave the same page again when it was asked for the next one: it heeds "
    "no $skip; leave page_size out of options, or ask who runs it"
)


@dataclass(slots=True)
class _Step:
    """Where a walk stands, and what it asks for next.

    In the order of change the next page is asked for by the latest change of this one: a server
    counts rows, and one that moves to the end while a walk is on would hide another behind it.
    Where a whole page changed at one moment there is only the count to go by. `rest_steps` does the
    same by rules of its own: OData says that `ge` includes the moment itself and asks for it as it
    is, other APIs say nothing of the kind.
    """

    path: str
    chosen: EntitySet
    since: datetime | None
    size: int | None
    dialect: Dialect
    skipped: int = 0

    def first(self) -> tuple[str, dict[str, str]]:
        """Return address and query of the first page."""
        return self.path, self._params()

    def following(
        self, found: Page | Glance, link: str | None
    ) -> tuple[str, dict[str, str] | None] | None:
        """Return address and query of the page after this one, None when it is the last."""
        # A page that is not full may be one that the server cut: only an empty one is the last.
        if link is None and (self.size is None or not found.rows):
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
        params = self.chosen.params(self.since, self.dialect)
        if self.size is not None:
            params |= {"$top": str(self.size), "$skip": str(self.skipped)}
        return params


def _fields(chosen: EntitySet, shape: Shape) -> tuple[str, ...]:
    """Return the fields that the key of a row is made of."""
    of_key = shape.key.fields if isinstance(shape.key, FirstOf | AllOf) else ()
    return tuple(dict.fromkeys((*chosen.key.split(","), *of_key)))
