"""Queries page after page, in the order of change.

Each page is a query of its own that begins after the last row of the one before: a row that is
changed while a walk is on moves to its end and hides no other, and a walk that was cut short goes
on from any page. Deleted rows are among them, marked by IsDeleted. Unlike `odata` and `rest_steps`,
which ask by the change alone, a query can compare keys, so that no row is read twice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC
from itertools import count
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import msgspec

from cdp.errors import UnreachableError
from cdp.sources.remote.ahead import ahead
from cdp.sources.remote.walk import Reached, instant
from cdp.sources.wire.pages import Layout, page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from cdp.sources.remote.salesforce.api import Api, SObject
    from cdp.sources.remote.walk import Page
    from cdp.sources.wire.delivery import Task

LONGEST: Final = 14_000
"""Characters of a query in an address; Salesforce takes 16,384 bytes with headers and all."""
_OF_A_KEY: Final = 32  # characters that a key takes in an address, with its quotes and comma
_IDENTIFIER: Final = re.compile(r"[A-Za-z]\w*(?:\.[A-Za-z]\w*)?", re.ASCII)
_KEY: Final = re.compile(r"\w+", re.ASCII)
_OPENING: Final = re.compile(
    r'\s*\{\s*(?:"(?:totalSize|done|nextRecordsUrl)"\s*:\s*(?:"[^"]*"|\w+)\s*,\s*)*'
    r'"records"\s*:\s*\['
)


def _rows(document: dict[str, msgspec.Raw]) -> list[msgspec.Raw]:
    rows: list[msgspec.Raw] = msgspec.json.decode(document["records"], type=list[msgspec.Raw])
    return rows


RECORDS: Final = Layout(_rows, _OPENING)


class _Answer(msgspec.Struct):
    records: msgspec.Raw
    following: str | None = msgspec.field(default=None, name="nextRecordsUrl")


@dataclass(frozen=True, slots=True)
class Selection:
    """What is asked of an object.

    Attributes:
        changed: field that says when a row changed; None: all rows, in the order of their keys.
        since: moment (UTC) from which changes are asked for.
        after: key of the row that stands before, of those that changed at `since`.
        among: keys of the rows that are asked for; none: all.
    """

    name: str
    fields: tuple[str, ...]
    changed: str | None = None
    since: datetime | None = None
    after: str | None = None
    among: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what could be more in a query than a name or a key.

        Raises:
            UnreachableError: the org, or the source's file, names what nothing there is called.
        """
        names = (self.name, *self.fields, *((self.changed,) if self.changed else ()))
        keys = (*self.among, *((self.after,) if self.after is not None else ()))
        wrong = [name for name in names if not _IDENTIFIER.fullmatch(name)]
        wrong += [key for key in keys if not _KEY.fullmatch(key)]
        if wrong:
            msg = (
                f"{wrong[0][:80]!r} is no name of an object or field of Salesforce and no key, so "
                "it gets into no query; correct options.fields and objects: of the source, or url:"
            )
            raise UnreachableError(msg)

    @classmethod
    def of(cls, known: SObject, since: datetime | None) -> Selection:
        """Return all fields of what changed since a moment; None: of everything."""
        return cls(known.name, tuple(known.fields), known.changed, since)

    @property
    def count(self) -> str:
        """The query that counts."""
        return f"SELECT count() FROM {self.name}{self._where()}"  # noqa: S608 - of names, see NAME

    @property
    def unordered(self) -> str:
        """The query of all rows, as they come."""
        fields = ", ".join(self.fields)
        return f"SELECT {fields} FROM {self.name}{self._where()}"  # noqa: S608 - as above

    @property
    def is_too_long(self) -> bool:
        """Whether the query does not fit into an address."""
        return self._room < 0

    def in_parts(self, keys: list[str]) -> Iterator[Selection]:
        """Yield queries of the rows with these keys that fit into an address each."""
        many = max(1, self._room // _OF_A_KEY)
        for at in range(0, len(keys), many):
            yield replace(self, among=tuple(keys[at : at + many]))

    @property
    def _room(self) -> int:
        return LONGEST - len(quote(self.page(1)))

    def page(self, size: int) -> str:
        """Return the query of the next page."""
        order = f"{self.changed}, Id" if self.changed else "Id"
        return f"{self.unordered} ORDER BY {order} LIMIT {size}"

    def _where(self) -> str:
        keys = ", ".join(f"'{key}'" for key in self.among)
        terms = [f"Id IN ({keys})"] if keys else []
        if self.changed and self.since is not None:
            moment = instant(self.since)
            terms.append(f"{self.changed} >= {moment}")
            if self.after is not None:
                terms.append(f"({self.changed} > {moment} OR Id > '{self.after}')")
        elif self.after is not None:
            terms.append(f"Id > '{self.after}'")
        return f" WHERE {' AND '.join(terms)}" if terms else ""


@dataclass(frozen=True, slots=True)
class Queries:
    """Asks an org page by page; `resource` is query, or queryAll with deleted rows.

    `is_look`: who takes the pages may stop after a few, so that none is fetched early.
    """

    api: Api
    resource: str
    size: int
    task: Task
    is_look: bool = False

    def pages(self, selection: Selection) -> Iterator[Page]:
        """Yield page after page; the next ones are fetched while this one is landed.

        Raises:
            UnreachableError: the org does not answer.
        """
        pages = self._pages(selection)
        return pages if self.is_look else ahead(pages)

    def _pages(self, selection: Selection) -> Iterator[Page]:
        for number in count(1):
            label = f"{selection.name}.page-{number:04}"
            found = self._page(label, self._answers(selection))
            yield found
            if found.rows < self.size or found.key is None:
                return
            selection = _following(selection, found)

    def _answers(self, selection: Selection) -> list[bytes]:
        """Return the page, which comes in several answers where its rows are wide."""
        response = self.api.get(self.resource, {"q": selection.page(self.size)})
        answers = [response.content]
        while True:
            answer = self.api.decoded(response, _Answer, f"{self.resource} of {selection.name}")
            if answer.following is None:
                return answers
            response = self.api.get(answer.following)
            answers.append(response.content)

    def _page(self, label: str, answers: list[bytes]) -> Reached:
        names = [label] if len(answers) == 1 else [f"{label}.{n}" for n in range(len(answers))]
        found = zip(names, answers, strict=True)
        return Reached(
            label, tuple(b for name, raw in found for b in page(RECORDS, name, raw, self.task))
        )


def _following(selection: Selection, found: Reached) -> Selection:
    """Return what comes after a page."""
    if selection.changed is None:
        return replace(selection, after=found.key)
    assert found.latest is not None  # noqa: S101 - Salesforce writes these fields itself
    return replace(selection, since=found.latest.replace(tzinfo=UTC), after=found.key)
