"""A delivery on its way into tables: its rows, numbered and stamped, in pieces of bounded size.

Invariant: every row is handed over once, in a piece, and every rejected piece is kept in
`temp.rejection`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from cdp.sources import REJECTED, ROWS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from cdp.sources import Batch
    from cdp.store import Warehouse

SOME: Final = 1 << 23
"""Bytes of rows that are worth handing over together, since each piece has its price."""
_REJECTED: Final = 10_000
_JSON: Final = pl.Extension("arrow.json", pl.String())  # DuckDB takes it for JSON as it is


@dataclass(frozen=True, slots=True)
class Stamp:
    """What rows get beside what the source gave; they are numbered from `seq` on."""

    source: str
    object: str
    seq: int = 0
    load: Mapping[str, Any] = field(default_factory=dict)

    @property
    def of(self) -> dict[str, str]:
        """The source and the object."""
        return {"source": self.source, "object": self.object}

    def named(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return pieces with their source and object."""
        return frame.with_columns(**{name: pl.lit(value) for name, value in self.of.items()})

    def rows(self, frame: pl.DataFrame, done: int) -> pl.DataFrame:
        """Return rows numbered after those of the delivery that are done."""
        first = self.seq + done + 1
        return self.named(frame).with_columns(
            pl.concat_str(pl.lit(f"{self.source}:"), pl.col("native_id")).alias("record_id"),
            pl.int_range(first, first + pl.len(), dtype=pl.Int64).alias("seq"),
            pl.col("payload").ext.to(_JSON),
            **{name: pl.lit(value) for name, value in self.load.items()},
        )


@dataclass(slots=True)
class Arriving:
    """What a delivery brings.

    Attributes:
        done: rows that were handed over.
        reasons: pieces that were rejected, counted by reason.
    """

    stamp: Stamp
    batches: Iterator[Batch]
    done: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    _rejected: list[pl.DataFrame] = field(default_factory=list)
    _is_over: bool = False

    def take(self, warehouse: Warehouse, keep: Callable[[], object]) -> None:
        """Let `keep` take what `rows` yields, and keep what is rejected, until nothing is left."""
        warehouse.put("temp.rejection", self.stamp.named(REJECTED.to_frame()))
        while not self._is_over:
            keep()
            for rejected in self._rejected:
                warehouse.insert("temp.rejection", rejected)
            self._rejected.clear()

    def rows(self, size: int = SOME) -> Iterator[pl.DataFrame]:
        """Yield rows, about so many bytes at once, until none are left or `take` has to keep."""
        waiting: list[pl.DataFrame] = []
        held = 0
        for rows in self._some():
            waiting.append(rows)
            held += int(rows.estimated_size())
            if held >= size:
                yield self._piece(waiting)
                waiting, held = [], 0
        if waiting:
            yield self._piece(waiting)

    def nothing(self) -> pl.DataFrame:
        """Return a piece without rows."""
        return self.stamp.rows(ROWS.to_frame(), 0)

    def _some(self) -> Iterator[pl.DataFrame]:
        waiting = 0
        for batch in self.batches:
            if len(batch.rejected):
                self._rejected.append(self.stamp.named(batch.rejected))
                self.reasons.update(batch.rejected["reason"].to_list())
                waiting += len(batch.rejected)
            if len(batch.rows):
                yield batch.rows
            if waiting >= _REJECTED:
                return
        self._is_over = True

    def _piece(self, rows: list[pl.DataFrame]) -> pl.DataFrame:
        piece = self.stamp.rows(pl.concat(rows), self.done)
        self.done += len(piece)
        return piece
