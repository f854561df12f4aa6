"""A connection read page after page, each row made whole.

Pages come in the order of change where the connection has one; the cursor of a page is a place in
that order, so that a row which changes meanwhile moves to the end and hides no other. Where a page
costs more than the shop lets a question cost, fewer rows are asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from cdp.sources.remote.ahead import ahead
from cdp.sources.remote.shopify.api import TOO_DEAR, RefusedError
from cdp.sources.remote.walk import Page, instant
from cdp.sources.wire.batch import Collector
from cdp.sources.wire.documents import page_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from cdp.sources import Batch
    from cdp.sources.remote.shopify.api import Api
    from cdp.sources.remote.shopify.connections import Connection
    from cdp.sources.remote.shopify.options import ShopifyOptions
    from cdp.sources.wire.delivery import Task

T = TypeVar("T")
MOST: Final = 250
"""Rows of a connection that Shopify gives at once."""
_encode: Final = msgspec.json.Encoder().encode


class _PageInfo(msgspec.Struct, rename="camel"):
    has_next_page: bool = False
    end_cursor: str | None = None


class Nodes(msgspec.Struct, rename="camel"):
    """A page of a connection."""

    nodes: list[Any]
    page_info: _PageInfo


class _Inside(msgspec.Struct):
    node: dict[str, Nodes] | None


@dataclass(frozen=True, slots=True)
class Pages:
    """Asks for the rows of a connection.

    `is_look`: who takes the pages may stop after a few, so that none is fetched early.
    """

    api: Api
    known: Connection
    options: ShopifyOptions
    task: Task
    is_look: bool = False

    def changed(self, since: datetime | None) -> Iterator[Page]:
        """Yield the rows that changed since a moment (UTC), page after page; None: all.

        Raises:
            UnreachableError: the shop does not answer, or refuses.
        """
        query = None if since is None else f"updated_at:>='{instant(since)}'"
        selected = self.known.selection(self.options.inner_size)
        pages = self._pages(selected, query, self.options.page_size)
        return pages if self.is_look else ahead(pages)

    def keys(self) -> Iterator[Page]:
        """Yield the keys of all rows, page after page.

        Raises:
            UnreachableError: the shop does not answer, or refuses.
        """
        return self._pages("id", None, MOST)

    def _pages(self, selected: str, query: str | None, size: int) -> Iterator[Page]:
        name, after = self.known.name, None
        question = self._question(selected)
        for number in count(1):
            asked = {"after": after, "query": query}
            answer, size = self._asked(question, asked, size, dict[str, Nodes], name)
            found = answer[name]
            label = f"{name}.page-{number:04}"
            yield Page(label, tuple(self.batches(label, self._whole(found.nodes))))
            after = found.page_info.end_cursor
            if not found.page_info.has_next_page or after is None:
                return

    def _asked(
        self, question: str, asked: dict[str, Any], size: int, type_: type[T], what: str
    ) -> tuple[T, int]:
        """Return an answer, and how many nodes it could have: fewer than `size` where they cost."""
        while True:
            try:
                return self.api.ask(question, {**asked, "size": size}, type_, what), size
            except RefusedError as error:
                if error.code != TOO_DEAR or size == 1:
                    raise
                size //= 2

    def _question(self, selected: str) -> str:
        order = ", sortKey: UPDATED_AT" if self.known.is_ordered else ""
        arguments = f"first: $size, after: $after, query: $query{order}"
        return (
            "query ($size: Int!, $after: String, $query: String) "
            f"{{{self.known.name}({arguments}) "
            f"{{nodes {{{selected}}} pageInfo {{hasNextPage endCursor}}}}}}"
        )

    def _whole(self, rows: list[Any]) -> Iterator[bytes]:
        """Yield rows with all that is inside them, as JSON."""
        for row in rows:
            is_plain = not isinstance(row, dict) or not any(n in row for n in self.known.inner)
            yield _encode(row if is_plain else self._completed(row))

    def _completed(self, row: dict[str, Any]) -> dict[str, Any]:
        inside = {}
        for name in self.known.inner:
            page = msgspec.convert(row.get(name) or {"nodes": [], "pageInfo": {}}, Nodes)
            inside[name] = [*page.nodes, *self._rest(row["id"], name, page)]
        return self.known.completed(row, inside)

    def _rest(self, key: str, name: str, page: Nodes) -> Iterator[Any]:
        """Yield what a connection inside a row has beyond what came with the row."""
        selected = self.known.inside(name, "first: $size, after: $after")
        question = (
            "query ($id: ID!, $size: Int!, $after: String) "
            f"{{node(id: $id) {{... on {self.known.type} {{{selected}}}}}}}"
        )
        size = MOST
        while page.page_info.has_next_page and page.page_info.end_cursor is not None:
            asked = {"id": key, "after": page.page_info.end_cursor}
            found, size = self._asked(question, asked, size, _Inside, f"{name} of {key}")
            if found.node is None:  # it was deleted meanwhile
                return
            page = found.node[name]
            yield from page.nodes

    def batches(self, label: str, rows: Iterator[bytes] | Sequence[bytes]) -> Iterator[Batch]:
        """Yield rows as a source lands them."""
        texts = list(rows)
        batch = page_of(texts, label, self.task.shape, self.task.zone)
        if batch is not None:
            yield batch
            return
        collector = Collector(self.task.shape, self.task.zone)
        for index, text in enumerate(texts):
            collector.text(f"{label}#{index}", text.decode())
        yield from collector.rest()
