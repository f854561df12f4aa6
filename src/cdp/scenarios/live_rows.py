"""What an answer of a system says in the platform's own words: the very statements of a run.

One thread does it, in memory; an answer that says what it said before is not read again.
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from datetime import UTC, date, datetime
from decimal import Decimal
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from cdp.canonical.few import Few

if TYPE_CHECKING:
    from cdp.scenarios.on_demand import Asked

_REMEMBERED: Final = 200
_MOMENT: Final = datetime(2000, 1, 1)  # noqa: DTZ001 - the tables hold UTC without a zone
"""When rows are said to have arrived: nothing that is shown of them depends on it."""


class Reader:
    """Reads answers; from any thread, one after the other."""

    def __init__(self, country: str) -> None:
        self._few = Few(country)
        self._lock = Lock()
        self._known: OrderedDict[str, list[dict[str, Any]]] = OrderedDict()

    def rows(self, asked: Asked, answers: tuple[bytes, ...]) -> list[dict[str, Any]]:
        """Return the rows of answers as the mapping of their instance reads them.

        Raises:
            UnreachableError: one of them cannot be read.
        """
        digests = (hashlib.blake2b(raw, digest_size=16).hexdigest() for raw in answers)
        digest = ":".join((asked.name, *digests))
        with self._lock:
            if digest not in self._known:
                self._known[digest] = self._read(asked, answers)
                if len(self._known) > _REMEMBERED:
                    self._known.popitem(last=False)
            return self._known[digest]

    def close(self) -> None:
        """Give the memory back."""
        with self._lock:
            self._known.clear()
            self._few.close()

    def _read(self, asked: Asked, answers: tuple[bytes, ...]) -> list[dict[str, Any]]:
        parts = [asked.object.rows(raw) for raw in answers]
        if not any(map(len, parts)):
            return []
        arrived = pl.concat(parts).unique("native_id", keep="first", maintain_order=True)
        warehouse = self._few.silver(_stamped(asked, arrived), [asked.reading])
        found = warehouse.query(f'select * from silver."{asked.block.table}"')  # noqa: S608 - one of our own names
        return _shown(asked, found.to_dicts())


def _stamped(asked: Asked, arrived: pl.DataFrame) -> pl.DataFrame:
    return arrived.with_columns(
        pl.lit(asked.opening.name).alias("source"),
        pl.lit(asked.block.object).alias("object"),
        pl.lit(_MOMENT).cast(pl.Datetime("us")).alias("received_at"),
    )


def _shown(asked: Asked, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    block = asked.block
    key = f"{block.table}_id"
    rows.sort(key=lambda row: str(row[key]))
    if block.order is not None:
        by = block.order
        rows.sort(key=lambda row: (row[by] is not None, row[by] or 0), reverse=True)
    columns = block.columns or block.known
    return [{name: _json(row[name], name) for name in columns} for row in rows[: block.limit]]


def _json(value: Any, name: str) -> Any:  # noqa: ANN401 - a value of any column
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    return json.loads(value) if name in {"custom", "lines"} and value is not None else value
