"""An object of an account, asked for the rows of one party by a search.

The key is asked for by a property, or by what a row is associated with: `associations.contact`.
Neither associations nor lines come with a search, so that a block shows the rows themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from cdp.sources.remote.hubspot.api import base_of
from cdp.sources.remote.hubspot.objects import OBJECTS
from cdp.sources.remote.live import Request, landed, unreadable, whole_url
from cdp.sources.remote.selection import rows_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from cdp.sources.remote.hubspot.objects import Object
    from cdp.sources.remote.hubspot.options import HubSpotOptions
    from cdp.sources.wire.delivery import Task

MOST_GROUPS: Final = 5
"""Filters of one search that HubSpot takes joined by OR."""


@dataclass(frozen=True, slots=True)
class LiveObjects:
    """One object of an account.

    Attributes:
        base: address of the account.
        known: the object.
        key_field: property, or association, that holds a party's key.
        options: options of the instance.
        task: how its rows are read.
    """

    base: str
    known: Object
    key_field: str
    options: HubSpotOptions
    task: Task

    def requests(self, keys: Sequence[str], limit: int) -> list[Request]:
        """Return a request for every five keys."""
        path = f"{base_of(self.options.api_version, 'objects')}/{self.known.type}/search"
        url = whole_url(self.base, path, {})
        own = (*self.known.properties, *self.options.properties.get(self.known.name, ()))
        plain = [name for name in dict.fromkeys((self.known.changed, *own)) if "*" not in name]
        order = {"propertyName": self.known.changed, "direction": "DESCENDING"}
        said = {"sorts": [order], "properties": plain, "limit": limit}
        groups = [{"filters": [self._filter(key)]} for key in keys]
        parts = (groups[at : at + MOST_GROUPS] for at in range(0, len(groups), MOST_GROUPS))
        return [Request("POST", url, {"filterGroups": part, **said}) for part in parts]

    def rows(self, raw: bytes) -> pl.DataFrame:
        """Return the rows of an answer as in ROWS.

        Raises:
            UnreachableError: the answer holds no results.
        """
        try:
            texts = rows_at(raw, "results")
        except (LookupError, msgspec.MsgspecError):
            raise unreadable(self.known.name) from None
        return landed(texts, self.known.name, self.task.shape, self.task.zone)

    def _filter(self, key: str) -> dict[str, str]:
        """Return a filter by a key as the account has it: without what stands before it here."""
        for prefix in {each.prefix for each in OBJECTS.values() if each.prefix}:
            key = key.removeprefix(prefix)
        return {"propertyName": self.key_field, "operator": "EQ", "value": key}
