"""Collect rows and rejected pieces into batches of bounded size.

Invariant: whatever is added comes out in exactly one batch, as a row or as a rejected piece.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl

from cdp.sources import REJECTED, ROWS, Batch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime, tzinfo

    from cdp.sources.wire.shape import Shape

BATCH_ROWS = 10_000
LONGEST_ORIGINAL = 10_000
BLANKS = "".join(c for c in map(chr, range(0x3001)) if c.isspace())
MISSING_ID = "the row has no key, so nothing could ever refer to it"
KEY_DIGITS = 32  # 128 bits of a SHA-256: enough for a key made of the content


def parted(rows: pl.DataFrame, before: str) -> Batch:
    """Return rows as one batch, those without a key as rejected pieces.

    `rows` has the columns of `ROWS` but `locator`, in its place the `number` of each row, which
    stands behind `before` in its locator.
    """
    place = pl.concat_str(pl.lit(before), pl.col("number").cast(pl.String))
    located = rows.with_columns(place.alias("locator"))
    if not rows["native_id"].null_count():
        return Batch(located.select(ROWS.names()).cast(ROWS), REJECTED.to_frame())
    has_key = pl.col("native_id").is_not_null()
    rejected = located.filter(~has_key).select(
        "locator",
        pl.lit("missing_id").alias("reason"),
        pl.lit(MISSING_ID).alias("message"),
        pl.col("payload").str.slice(0, LONGEST_ORIGINAL).alias("original"),
    )
    known = located.filter(has_key).select(ROWS.names())
    return Batch(known.cast(ROWS), rejected.cast(REJECTED))


class Collector:
    """Turns rows of one object into batches."""

    def __init__(self, shape: Shape, zone: tzinfo, size: int = BATCH_ROWS) -> None:
        self._shape, self._zone, self._size = shape, zone, size
        self._rows: list[tuple[str, datetime | None, str, str, str, bool | None]] = []
        self._rejected: list[tuple[str, str, str, str | None]] = []

    def text(self, locator: str, payload: str) -> None:
        """Add a row given as JSON text, kept as it is."""
        try:
            row = msgspec.json.decode(payload)
        except (msgspec.MsgspecError, RecursionError) as error:
            self.reject(locator, "broken_json", f"this is no valid JSON: {error}", payload)
            return
        if isinstance(row, dict):
            self._add(locator, payload, row)
        else:
            message = f"expected a JSON object, found {type(row).__name__}"
            self.reject(locator, "not_an_object", message, payload)

    def mapping(self, locator: str, row: Mapping[str, Any]) -> None:
        """Add a row given as values, written as JSON in their order."""
        self._add(locator, msgspec.json.encode(row).decode(), row)

    def reject(self, locator: str, reason: str, message: str, original: str | None) -> None:
        """Add a piece that is no row."""
        shown = original[:LONGEST_ORIGINAL] if original is not None else None
        self._rejected.append((locator, reason, message, shown))

    def full(self) -> Iterator[Batch]:
        """Yield a batch when there is enough for one."""
        if len(self._rows) + len(self._rejected) >= self._size:
            yield self._take()

    def rest(self) -> Iterator[Batch]:
        """Yield what is left, if anything."""
        if self._rows or self._rejected:
            yield self._take()

    def _add(self, locator: str, payload: str, row: Mapping[str, Any]) -> None:
        digest = hashlib.sha256(msgspec.json.encode(row, order="sorted")).hexdigest()
        key = digest[:KEY_DIGITS] if self._shape.key is None else self._shape.key(row)
        if key is None:
            self.reject(locator, "missing_id", MISSING_ID, payload)
            return
        changed_at = self._shape.changed(row, self._zone)
        is_deleted = (self._shape.gone is not None and self._shape.gone(row)) or None
        self._rows.append((key, changed_at, locator, digest, payload, is_deleted))

    def _take(self) -> Batch:
        batch = Batch(
            rows=pl.DataFrame(self._rows, schema=ROWS, orient="row"),
            rejected=pl.DataFrame(self._rejected, schema=REJECTED, orient="row"),
        )
        self._rows, self._rejected = [], []
        return batch
