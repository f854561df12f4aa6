"""An entity set, asked for the rows of one party."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdp.sources.remote.live import MOST_KEYS, Request, rows_of, unreadable, whole_url
from cdp.sources.wire.pages import page

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from cdp.sources.remote.odata import EntitySet
    from cdp.sources.remote.odata_dialect import Dialect
    from cdp.sources.wire.delivery import Task


@dataclass(frozen=True, slots=True)
class LiveSet:
    """One entity set of an instance.

    Attributes:
        base: address of the instance.
        name: name of the entity set.
        key_field: property that holds a party's key.
        entity_set: how it is asked for.
        task: how its rows are read.
        dialect: the version of the protocol.
    """

    base: str
    name: str
    key_field: str
    entity_set: EntitySet
    task: Task
    dialect: Dialect

    def requests(self, keys: Sequence[str], limit: int) -> list[Request]:
        """Return one request, for all keys."""
        wanted = [f"{self.key_field} eq '{key.replace(chr(39), chr(39) * 2)}'" for key in keys]
        changed = self.entity_set.changed
        params = {
            **self.dialect.asks,
            "$filter": " or ".join(wanted[:MOST_KEYS]),
            **({"$orderby": f"{changed} desc"} if changed is not None else {}),
            "$top": str(limit),
            **self.entity_set.parts(),
        }
        return [Request("GET", whole_url(self.base, self.entity_set.path(self.name), params))]

    def rows(self, raw: bytes) -> pl.DataFrame:
        """Return the rows of an answer as in ROWS.

        Raises:
            UnreachableError: the answer holds none where OData keeps them.
        """
        if not raw.strip():
            raise unreadable(self.name)
        return rows_of(page(self.dialect.layout, self.name, raw, self.task), self.name)
