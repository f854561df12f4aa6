"""One delivery into bronze: stage it batch by batch, find what is new, land that, count it all.

Of an object that nothing was landed of before every record is new, so that its rows go to bronze
as they come, and those that the delivery holds once more are taken out at the end.
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from cdp.errors import ReconciliationError
from cdp.ingest.arriving import Arriving, Stamp
from cdp.ingest.burial import are_tombstones, bury
from cdp.store import Statement
from cdp.store.pouring import pour

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cdp.sources import Delivery
    from cdp.stage import Run
    from cdp.store import Warehouse

_ROOM = "cdp.ingest"
_NOT_NEW = """
select
    count(*) filter (where not is_new and landed.seq is not null) as gone,
    count(*) filter (where is_duplicate) as duplicate
from temp.arrival
left join bronze.record as landed on landed.seq = arrival.seq and landed.seq > $before
"""
_REMOVED = """
delete from bronze.record
where seq > $before and seq in (select seq from temp.arrival where not is_new)
"""
_IS_KNOWN = """
select exists (from bronze.record where source = $source and object = $object) as is_known
"""
_LANDED = """
select count(*) as landed
from bronze.record
where source = $source and object = $object and seq > $before
"""
_PIECE = 48 << 20  # bytes of rows to be compared at once with what is there


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
    rows_erased: int = 0
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
        known = self.rows_repeated + self.rows_erased
        accounted = self.rows_new + known + self.rows_rejected
        if self.rows_in != accounted:
            msg = (
                f"source {self.source}, object {self.object} ({self.label}): {self.rows_in} rows "
                f"read, but {self.rows_new} new + {self.rows_repeated} repeated + "
                f"{self.rows_rejected} rejected + {self.rows_erased} erased make "
                f"{accounted}; nothing was kept, report it"
            )
            raise ReconciliationError(msg)


def land(run: Run, source: str, delivery: Delivery) -> Landed:
    """Land a delivery, write down its load and its new position, and return the counts.

    Raises:
        InputError: the source stopped being readable.
        ReconciliationError: a row that was read is neither landed, nor repeated, nor rejected.
    """
    warehouse = run.warehouse
    load_id = 1 + _highest(warehouse, "select max(load_id) as highest from bronze.load")
    stamp = {"load_id": load_id, "received_at": run.started_at.replace(tzinfo=None)}
    seq = _highest(warehouse, "select max(seq) as highest from bronze.record")
    of = {"source": source, "object": delivery.object}
    # What may have to be kept out must not be written to the file, not even to be removed again.
    is_watched = are_tombstones(warehouse, run.workspace.home)
    is_known = warehouse.query(_IS_KNOWN, **of).item() or is_watched
    arriving = Arriving(Stamp(**of, seq=seq, load=stamp), delivery.batches())
    new, repeated, duplicate, erased = (
        _land_versions(run, arriving, is_watched=is_watched)
        if is_known
        else _keep_first(run, arriving)
    )
    rejected = warehouse.append(Statement.load(_ROOM, "rejected"), **stamp)
    repeated += warehouse.count("temp.rejection") - rejected
    warehouse.drop("temp.rejection")
    landed = Landed(
        source,
        delivery.object,
        delivery.label,
        arriving.done + arriving.reasons.total(),
        new,
        repeated,
        rejected,
        erased,
        arriving.reasons,
    )
    landed.reconcile()
    load = {
        **stamp,
        **of,
        "run_id": run.run_id,
        "rows_in": landed.rows_in,
        "rows_new": new,
        "rows_repeated": repeated,
        "rows_rejected": rejected,
        "rows_duplicate": duplicate,
        "rows_erased": erased,
    }
    warehouse.insert("bronze.load", pl.DataFrame([load]))
    _move_cursor(warehouse, source, delivery)
    return landed


def _keep_first(run: Run, arriving: Arriving) -> tuple[int, int, int, int]:
    """Land the first delivery of an object: whole, less what it holds once more.

    Where nothing was before, a row is new unless the same version came earlier in the delivery.
    Return how many are new, are not, are there twice in it, and are erased.
    """
    warehouse, of = run.warehouse, arriving.stamp.of
    arriving.take(warehouse, lambda: pour(warehouse, "bronze.record", arriving.rows()))
    doubled = warehouse.make(Statement.load(_ROOM, "doubled"), **of)
    if doubled:
        warehouse.connection.execute(
            "delete from bronze.record where seq in (select seq from temp.doubled)"
        )
    warehouse.drop("temp.doubled")
    return warehouse.query(_LANDED, **of, before=arriving.stamp.seq).item(), doubled, doubled, 0


def _land_versions(run: Run, arriving: Arriving, *, is_watched: bool) -> tuple[int, int, int, int]:
    """Land a delivery of an object that there are records of, a piece at a time; count as above.

    Of a record that comes once each piece lands what is new. One that comes several times is looked
    at when all is there, with what it was before the delivery: what is not new goes again.
    """
    warehouse = run.warehouse
    of = {**arriving.stamp.of, "before": arriving.stamp.seq}
    known, erased = 0, 0

    delivered = _Delivered(arriving.nothing())

    def keep() -> None:
        nonlocal known
        there = warehouse.append(Statement.load(_ROOM, "arrived"))
        known += there - warehouse.append(Statement.load(_ROOM, "record"), **of)

    def take() -> None:
        nonlocal erased
        for delivered.piece in arriving.rows(_PIECE):
            if is_watched and are_tombstones(warehouse, run.workspace.home):
                warehouse.put("temp.delivery", delivered.piece)
                erased += bury(warehouse, run.workspace.home)
                keep()
                warehouse.drop("temp.delivery")
            else:
                with delivered.at(warehouse):
                    keep()

    with delivered.at(warehouse):
        warehouse.make(Statement.load(_ROOM, "arrived"))
    arriving.take(warehouse, take)
    gone, duplicate = _look_again(warehouse, of)
    warehouse.drop("temp.arrived")
    return warehouse.query(_LANDED, **of).item(), known + gone, duplicate, erased


@dataclass(slots=True)
class _Delivered:
    """What `temp.delivery` is: the piece that is at hand.

    What a transaction drops stays in memory until it ends, so that the name is given once, and it
    is a table only where rows may have to be taken out of it.
    """

    piece: pl.DataFrame

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Return the piece as Arrow's PyCapsule interface has it."""
        return self.piece.__arrow_c_stream__(requested_schema)

    @contextmanager
    def at(self, warehouse: Warehouse) -> Iterator[None]:
        """Let the name stand for the pieces while the block runs."""
        warehouse.connection.register("delivery", self)
        try:
            yield
        finally:
            warehouse.connection.unregister("delivery")


def _look_again(warehouse: Warehouse, of: Mapping[str, object]) -> tuple[int, int]:
    """Take out of bronze what is not new of records that came several times.

    Return how many that are, and how many versions came once more.
    """
    gone, duplicate = 0, 0
    if warehouse.make(Statement.load(_ROOM, "several")):
        warehouse.make(Statement.load(_ROOM, "known_version"), **of)
        warehouse.make(Statement.load(_ROOM, "arrival"))
        gone, duplicate = warehouse.query(_NOT_NEW, before=of["before"]).row(0)
        if gone:
            warehouse.connection.execute(_REMOVED, {"before": of["before"]})
        for name in ("known_version", "arrival"):
            warehouse.drop(f"temp.{name}")
    warehouse.drop("temp.several")
    return gone, duplicate


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
    named = Stamp(source, delivery.object).named(frame)
    warehouse.insert("bronze.cursor", named)


def _highest(warehouse: Warehouse, sql: str) -> int:
    highest: int | None = warehouse.query(sql).item()
    return highest or 0
