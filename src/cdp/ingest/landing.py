"""One delivery into bronze: stage it batch by batch, find what is new, land that, count it all."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from cdp.errors import ReconciliationError
from cdp.sources import REJECTED, ROWS
from cdp.store import Statement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdp.sources import Batch, Delivery
    from cdp.stage import Run
    from cdp.store import Warehouse

_ROOM = "cdp.ingest"
_STEPS = ("temp.delivery", "temp.rejection", "temp.known_version", "temp.repeated", "temp.arrival")


@dataclass(frozen=True, slots=True)
class Landed:
    """What became of one delivery; `reasons` counts the pieces that were rejected."""

    source: str
    object: str
    label: str
    rows_in: int
    rows_new: int
    rows_repeated: int
    rows_rejected: int
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def tables(self) -> Iterator[str]:
        """The tables that have more rows since."""
        yield "bronze.load"
        yield "bronze.cursor"
        if self.rows_new:
            yield "bronze.record"
        if self.rows_rejected:
            yield "bronze.rejected"

    def reconcile(self) -> None:
        """Return when every row that was read is accounted for.

        Raises:
            ReconciliationError: the counts differ.
        """
        accounted = self.rows_new + self.rows_repeated + self.rows_rejected
        if self.rows_in != accounted:
            msg = (
                f"source {self.source}, object {self.object} ({self.label}): {self.rows_in} rows "
                f"read, but {self.rows_new} new + {self.rows_repeated} repeated + "
                f"{self.rows_rejected} rejected make {accounted}; nothing was kept, report it"
            )
            raise ReconciliationError(msg)


def land(run: Run, source: str, delivery: Delivery) -> Landed:
    """Land a delivery, write down its load and its new position, and return the counts.

    Raises:
        InputError: the source stopped being readable.
        ReconciliationError: a row that was read is neither landed, nor repeated, nor rejected.
    """
    warehouse = run.warehouse
    rows_in, reasons = _stage_batches(warehouse, source, delivery)
    load_id = 1 + _highest(warehouse, "select max(load_id) as highest from bronze.load")
    stamp = {"load_id": load_id, "received_at": run.started_at.replace(tzinfo=None)}
    rejected = warehouse.append(Statement.load(_ROOM, "rejected"), **stamp)
    new, repeated = _land_rows(warehouse, stamp)
    repeated += warehouse.count("temp.rejection") - rejected
    landed = Landed(
        source, delivery.object, delivery.label, rows_in, new, repeated, rejected, reasons
    )
    landed.reconcile()
    load = {
        **stamp,
        "source": source,
        "object": delivery.object,
        "run_id": run.run_id,
        "rows_in": rows_in,
        "rows_new": new,
        "rows_repeated": repeated,
        "rows_rejected": rejected,
    }
    warehouse.insert("bronze.load", pl.DataFrame([load]))
    _move_cursor(warehouse, source, delivery)
    for table in _STEPS:
        warehouse.drop(table)
    return landed


def _stage_batches(
    warehouse: Warehouse, source: str, delivery: Delivery
) -> tuple[int, Counter[str]]:
    """Fill temp.delivery and temp.rejection; return the rows read, and the rejected by reason."""
    seq = _highest(warehouse, "select max(seq) as highest from bronze.record")
    warehouse.put("temp.delivery", _rows(ROWS.to_frame(), source, delivery.object, seq))
    warehouse.put("temp.rejection", _named(REJECTED.to_frame(), source, delivery.object))
    rows_in, reasons = 0, Counter[str]()
    for batch in delivery.batches():
        rows = _rows(batch.rows, source, delivery.object, seq)
        warehouse.insert("temp.delivery", rows)
        if len(batch.rejected):
            pieces = _named(batch.rejected, source, delivery.object)
            warehouse.insert("temp.rejection", pieces)
            reasons.update(batch.rejected["reason"].to_list())
        seq += len(rows)
        rows_in += _pieces(batch)
    return rows_in, reasons


def _rows(frame: pl.DataFrame, source: str, name: str, seq: int) -> pl.DataFrame:
    return frame.with_columns(
        pl.lit(source).alias("source"),
        pl.lit(name).alias("object"),
        pl.concat_str(pl.lit(f"{source}:"), pl.col("native_id")).alias("record_id"),
        pl.int_range(seq + 1, seq + 1 + pl.len(), dtype=pl.Int64).alias("seq"),
    )


def _named(frame: pl.DataFrame, source: str, name: str) -> pl.DataFrame:
    return frame.with_columns(pl.lit(source).alias("source"), pl.lit(name).alias("object"))


def _pieces(batch: Batch) -> int:
    return len(batch.rows) + len(batch.rejected)


def _land_rows(warehouse: Warehouse, stamp: dict[str, object]) -> tuple[int, int]:
    """Append the versions that are new; return how many they were and how many were not."""
    warehouse.make(Statement.load(_ROOM, "known_version"))
    warehouse.make(Statement.load(_ROOM, "repeated"))
    warehouse.make(Statement.load(_ROOM, "arrival"))
    new = warehouse.append(Statement.load(_ROOM, "record"), **stamp)
    known = warehouse.query("select count(*) as rows from temp.arrival where not is_new")
    return new, int(known.item())


def _move_cursor(warehouse: Warehouse, source: str, delivery: Delivery) -> None:
    positions = dict(delivery.positions())
    warehouse.connection.execute(
        "delete from bronze.cursor where source = $source and object = $object "
        "and list_contains($positions, position_of)",
        {"source": source, "object": delivery.object, "positions": list(positions)},
    )
    frame = pl.DataFrame(
        {"position_of": list(positions), "position": list(positions.values())},
        schema={"position_of": pl.String, "position": pl.String},
    )
    warehouse.insert("bronze.cursor", _named(frame, source, delivery.object))


def _highest(warehouse: Warehouse, sql: str) -> int:
    highest: int | None = warehouse.query(sql).item()
    return highest or 0
