"""Walking over what an API has, as the workspace describes it; rows are kept as they came."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from cdp.errors import UnreachableError
from cdp.sources.remote.absence import Absences, is_due
from cdp.sources.remote.ahead import ahead
from cdp.sources.remote.paging import Answer
from cdp.sources.remote.rest_steps import Steps, written
from cdp.sources.remote.selection import rows_at
from cdp.sources.remote.walk import POSITION, Page, Walk, begin
from cdp.sources.wire.batch import Collector
from cdp.sources.wire.documents import page_of
from cdp.sources.wire.lines import is_readable, shown
from cdp.sources.wire.shape import latest_of, value_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import tzinfo

    from cdp.sources import Delivery, Opening
    from cdp.sources.remote.client import Client
    from cdp.sources.remote.paging import Question
    from cdp.sources.remote.resources import Resource, RestOptions


@dataclass(frozen=True, slots=True)
class _OfParents(Page):
    """Rows that were asked for by other rows: how far they reach, those say."""

    until: datetime | None = field(default=None, kw_only=True)

    @property
    def latest(self) -> datetime | None:
        """The latest change of the rows that these were asked for by."""
        return self.until


@dataclass(frozen=True, slots=True)
class RestWalker:
    """Reads the objects of one instance."""

    opening: Opening
    client: Client
    options: RestOptions
    zone: tzinfo

    def deliveries(self, name: str) -> Iterator[Delivery]:
        """Yield what changed in an object, and, when it is time, what is gone from it.

        Raises:
            UnreachableError: the system does not answer, or not as it was described.
        """
        leading = self._resource(self._resource(name).parent or name)
        position = self.opening.cursors.get((name, POSITION))
        since = begin(position, timedelta(minutes=self.options.overlap_minutes))
        is_ordered = leading.row_order == "asc" and leading.is_incremental
        walk = Walk(name, self._pages(name, since), is_ordered)
        if not leading.is_incremental:
            walk.reached = self.opening.now.astimezone(UTC).replace(tzinfo=None)
        yield from walk.deliveries()
        if is_due(self.opening, name, self.options):
            pages = self._pages(name, None)
            is_dated = self._resource(name).cursor_field is not None
            yield Absences(self.opening, name, pages, self.options, is_dated)

    def _resource(self, name: str) -> Resource:
        return self.options.resources[name]

    def _pages(self, name: str, since: datetime | None) -> Iterator[Page]:
        """Yield page after page; while one is read and landed the next ones are asked for."""
        resource = self._resource(name)
        if resource.parent is not None:
            yield from ahead(self._pages_of_parents(name, resource.parent, since))
            return
        for number, answer in enumerate(ahead(self._answers(name, since)), start=1):
            label = f"{name}.page-{number:04}"
            yield Page(label, self._batches(name, label, answer.rows))

    def _pages_of_parents(self, name: str, leader: str, since: datetime | None) -> Iterator[Page]:
        """Yield a page for each page of the parent, with all that its rows were asked for."""
        most, asked = self._resource(name).most_parents, 0
        changed = latest_of(self._resource(leader).cursor_field or "")
        for number, answer in enumerate(self._answers(leader, since), start=1):
            parents = [self._decoded(leader, row) for row in answer.rows]
            asked += len(parents)
            if asked > most:
                problem = f"there are more than {most:,} of {leader} to ask for, most_parents: says"
                remedy = "the next run goes on if they have a row_order: asc, else raise it"
                raise self._failure(name, problem, remedy)
            rows = [row for parent in parents for row in self._rows_of(name, parent)]
            moments = [changed(parent, self.zone) for parent in parents]
            until = max((each for each in moments if each is not None), default=None)
            label = f"{name}.page-{number:04}"
            yield _OfParents(label, self._batches(name, label, rows), until=until)

    def _rows_of(self, name: str, parent: Mapping[str, Any]) -> Iterator[bytes]:
        """Yield the rows that there are for a row of the parent, with what they take from it."""
        resource = self._resource(name)
        taken = {
            f"_{resource.parent}_{each}": value_at(parent, each)
            for each in resource.include_from_parent
        }
        for answer in self._answers(name, None, parent):
            yield from (_with(taken, row) for row in answer.rows)

    def _answers(
        self, name: str, since: datetime | None, parent: Mapping[str, Any] | None = None
    ) -> Iterator[Answer]:
        """Yield answer after answer, each asked for as the one before it says."""
        resource = self._resource(name)
        paginator = self.options.paginator_of(resource)
        steps = Steps(name, resource, paginator, self.zone, since, parent)
        try:
            asked: Question | None = steps.first()
        except LookupError as error:
            problem = f"a row of {resource.parent} has no {error.args[0]}"
            remedy = "correct what {parent...} says, or primary_key:"
            raise self._failure(name, problem, remedy) from None
        while asked is not None:
            answer = self._ask(name, asked)
            yield answer
            try:
                asked = steps.following(answer)
            except LookupError:
                problem = "an answer points at the page that it is"
                raise self._failure(name, problem, "correct paginator:") from None

    def _ask(self, name: str, asked: Question) -> Answer:
        path = self._resource(name).data_selector
        params = {key: written(value) for key, value in asked.params.items()} or None
        response = self.client.send(
            asked.method, asked.path, params, asked.body, self.options.accept
        )
        if not response.is_success:
            raise self.client.refusal(response)
        try:
            return Answer(asked, response, rows_at(response.content, path))
        except LookupError:
            problem = f"an answer has nothing at {path}"
            raise self._failure(name, problem, "correct data_selector:") from None
        except msgspec.MsgspecError:
            problem = f"an answer is no JSON with rows at {path or 'its top'}"
            raise self._failure(name, problem, "correct path: and data_selector:") from None

    def _decoded(self, name: str, row: bytes) -> dict[str, Any]:
        try:
            return msgspec.json.decode(row, type=dict[str, Any])
        except msgspec.MsgspecError:
            problem = f"a row of {name} is no JSON object"
            raise self._failure(name, problem, "correct data_selector:") from None

    def _batches(self, name: str, label: str, rows: list[bytes]) -> tuple[Any, ...]:
        shape = self._resource(name).shape()
        batch = page_of(rows, label, shape, self.zone)
        if batch is not None:
            return (batch,)
        collector = Collector(shape, self.zone)
        for index, row in enumerate(rows):
            locator, text = f"{label}#{index}", row.decode(errors="surrogateescape")
            if is_readable(text):
                collector.text(locator, text)
            else:
                collector.reject(locator, "wrong_encoding", "not UTF-8", shown(text))
        return tuple(collector.rest())

    def _failure(self, name: str, problem: str, remedy: str) -> UnreachableError:
        place = f"sources/{self.opening.name}.yaml, options.resources.{name}"
        return UnreachableError(
            f"source {self.opening.name}: {name}: {problem}; {remedy} ({place})"
        )


def _with(taken: Mapping[str, Any], row: bytes) -> bytes:
    """Return a row with these fields before its own, which stay as they came."""
    body = row.strip()
    if not taken or not body.startswith(b"{"):
        return row
    head, rest = msgspec.json.encode(taken)[:-1], body[1:].lstrip()
    return head + (b"" if rest == b"}" else b",") + rest
