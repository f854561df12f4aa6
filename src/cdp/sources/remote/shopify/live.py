"""A connection of a shop, asked for the rows of one party.

The key is asked for by a search filter of the connection, such as `customer_id` of orders. A
question may cost 1,000 points, so that there are forty rows at most, and of what is inside a row
(lines, metafields) the first few: as many as the points leave room for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec

from cdp.sources.remote.live import Request, landed, unreadable, whole_url

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from cdp.sources.remote.shopify.connections import Connection
    from cdp.sources.remote.shopify.options import ShopifyOptions
    from cdp.sources.wire.delivery import Task

MOST_ROWS: Final = 40
_POINTS: Final = 900  # of the 1,000 that a question may cost
_OF_A_ROW: Final = 15  # what an order costs, the dearest row, by itself
_OF_THE_INSIDE: Final = 10  # and one more of each thing inside it


class _Nodes(msgspec.Struct):
    nodes: list[dict[str, Any]]


class _Answer(msgspec.Struct):
    data: dict[str, _Nodes]
    errors: msgspec.Raw = msgspec.Raw(b"null")


@dataclass(frozen=True, slots=True)
class LiveConnection:
    """One connection of a shop.

    Attributes:
        base: address of the shop.
        known: the connection, with the fields that are read.
        key_field: search filter that takes a party's key.
        options: options of the instance.
        task: how its rows are read.
    """

    base: str
    known: Connection
    key_field: str
    options: ShopifyOptions
    task: Task

    def requests(self, keys: Sequence[str], limit: int) -> list[Request]:
        """Return one request, for all keys."""
        size = min(limit, MOST_ROWS)
        inner = min(self.options.inner_size, (_POINTS // size - _OF_A_ROW) // _OF_THE_INSIDE)
        order = "sortKey: UPDATED_AT, " if self.known.is_ordered else ""
        question = (
            "query ($size: Int!, $query: String) "
            f"{{{self.known.name}(first: $size, query: $query, {order}reverse: true) "
            f"{{nodes {{{self.known.selection(max(1, inner))}}}}}}}"
        )
        wanted = " OR ".join(f"{self.key_field}:{_quoted(key)}" for key in keys)
        body = {"query": question, "variables": {"size": size, "query": wanted}}
        path = f"admin/api/{self.options.api_version}/graphql.json"
        return [Request("POST", whole_url(self.base, path, {}), body)]

    def rows(self, raw: bytes) -> pl.DataFrame:
        """Return the rows of an answer as in ROWS.

        Raises:
            UnreachableError: the shop refused, or the answer holds no nodes.
        """
        try:
            answer = msgspec.json.decode(raw, type=_Answer)
            nodes = answer.data[self.known.name].nodes
            texts = [msgspec.json.encode(self._completed(node)) for node in nodes]
        except (msgspec.MsgspecError, LookupError):  # data is null where there are errors
            raise unreadable(self.known.name) from None
        return landed(texts, self.known.name, self.task.shape, self.task.zone)

    def _completed(self, row: dict[str, Any]) -> dict[str, Any]:
        inside = {
            name: msgspec.convert(row.get(name) or {"nodes": []}, _Nodes).nodes
            for name in self.known.inner
        }
        return self.known.completed(row, inside)


def _quoted(key: str) -> str:
    """Return a value of a search: in quotes, so that nothing in it is an operator."""
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
