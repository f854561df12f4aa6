"""Reading rows in the order of change through an API that counts to ten thousand.

Each page is asked for from the change of the last row before it on: a row that is changed meanwhile
moves to the end and hides no other, a walk that was cut short goes on from any page, and the count
begins anew. Only among rows that changed at one moment pages are counted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING, Any

import msgspec

from cdp.errors import UnreachableError
from cdp.sources.remote.ahead import ahead
from cdp.sources.remote.sfcc.answers import LAYOUT
from cdp.sources.remote.sfcc.words import MARKS, drop_secrets
from cdp.sources.remote.walk import Reached, instant
from cdp.sources.wire.pages import page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdp.sources.wire.delivery import Task

Ask = Callable[[datetime | None, int], bytes]
Complete = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Windows:
    """Asks for the rows of one object.

    Attributes:
        name: what its pages are called.
        ask: returns what changed since a moment, after so many rows of that.
        most: rows that the API counts through.
        complete: adds to a row what the API gives elsewhere; None: nothing.
        by_change: whether rows can be asked for by their change, and come in that order.
    """

    source: str
    name: str
    ask: Ask
    size: int
    most: int
    task: Task
    complete: Complete | None = None
    by_change: bool = True

    def pages(self, since: datetime | None, *, is_look: bool = False) -> Iterator[Reached]:
        """Yield page after page; the next ones are fetched while this one is landed.

        Raises:
            UnreachableError: the instance does not answer, or has too many rows of one moment.
        """
        pages = self._pages(since)
        return pages if is_look else ahead(pages)

    def _pages(self, since: datetime | None) -> Iterator[Reached]:
        offset = 0
        for number in count(1):
            label = f"{self.name}.page-{number:04}"
            raw = self._whole(self.ask(since, offset))
            found = Reached(label, tuple(page(LAYOUT, label, raw, self.task)))
            yield found
            if found.rows < self.size:
                return
            latest = found.latest.replace(tzinfo=UTC) if found.latest and self.by_change else None
            if latest is not None and (since is None or instant(latest) > instant(since)):
                since, offset = latest, 0
                continue
            offset += found.rows
            if offset + self.size > self.most:
                raise self._too_many(since)

    def _whole(self, raw: bytes) -> bytes:
        """Return an answer with its rows complete, and without what is never kept."""
        try:
            rows = LAYOUT.rows(msgspec.json.decode(raw, type=dict[str, msgspec.Raw]))
        except (LookupError, msgspec.MsgspecError, RecursionError) as error:
            msg = (
                f"source {self.source}: {self.name}: the answer is none of SCAPI ({error}); look "
                "at url:, it is https://<short code>.api.commercecloud.salesforce.com"
            )
            raise UnreachableError(msg) from error
        if self.complete is None and not any(mark.encode() in raw for mark in MARKS):
            return raw
        complete = self.complete or (lambda row: row)
        decoded = [msgspec.json.decode(row) for row in rows]
        kept = [complete(row) if isinstance(row, dict) else row for row in decoded]
        drop_secrets(kept)
        return msgspec.json.encode({"data": kept})

    def _too_many(self, since: datetime | None) -> UnreachableError:
        moment = "" if since is None else f" that changed at {instant(since)}"
        return UnreachableError(
            f"source {self.source}: {self.name} has more than {self.most:,} rows{moment}, and the "
            "API counts no further; have the shop export them as XML, and read that by path:"
        )
