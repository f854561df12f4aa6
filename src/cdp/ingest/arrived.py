"""Land what was sent: the event log into bronze, each entry once, however often it is read.

Invariant: the rows of some entries and how far the log was landed are committed together. How far
is kept in `bronze.cursor`, by segment, as `offset@run`; of a segment the furthest counts, because
the entries of all sources up to there were landed with it. An event that was sent again, with the
message id of one that is there, is a repetition of that one.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby, islice
from typing import TYPE_CHECKING, Any, Final

import msgspec
import polars as pl

from cdp.collect.spec import document
from cdp.ingest.landing import Landed, land
from cdp.sources import REJECTED, ROWS, Batch
from cdp.sources.wire.batch import LONGEST_ORIGINAL
from cdp.store import manifest
from cdp.store.eventlog_entry import moment_of
from cdp.store.eventlog_landed import LOG, positions
from cdp.store.eventlog_reading import Tail
from cdp.store.eventlog_segment import FOLDER, SEALED, recover, segments
from cdp.store.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from cdp.stage import Run
    from cdp.store import Warehouse
    from cdp.store.eventlog_entry import Entry, Position

_ROUND: Final = 20_000
_KEPT_FOR: Final = timedelta(days=1)
_KNOWN: Final = """
select
    native_id,
    content_hash,
    changed_at
from bronze.record
where source = $source and object = $object and list_contains($ids, native_id)
order by seq
"""
_RECEIVED: Final = """
update bronze.record
set received_at = received.received_at
from temp.received as received
where
    record.load_id = (select max(load_id) from bronze.load)
    and record.locator = received.locator
"""
_Found = tuple["Position", "Entry"]


@dataclass(frozen=True, slots=True)
class Landing:
    """What was landed of the log, and sentences on what a person should know."""

    landed: Sequence[Landed]
    notes: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Arrived:
    """Entries of one object as a delivery."""

    object: str
    rows: pl.DataFrame
    rejected: pl.DataFrame
    reached: Mapping[str, str]
    label: str = "event log"

    def batches(self) -> Iterator[Batch]:
        """Yield all of it."""
        yield Batch(self.rows.select(ROWS.names()), self.rejected)

    def positions(self) -> Mapping[str, str]:
        """Return how far the log was landed."""
        return self.reached


def take(run: Run, keeping: Callable[[], AbstractContextManager[None]]) -> Landing:
    """Land what the log holds behind the last entry that was landed, some at a time.

    `keeping` begins a transaction that is committed at its end.

    Raises:
        OSError: the log cannot be read.
        ReconciliationError: see `land`.
    """
    home = run.workspace.home
    recovered = recover(home)
    reached = positions(run.warehouse)
    reader = Tail(home, {name: offset for name, (offset, _) in reached.items()})
    try:
        landed = list(_land(run, reader, keeping))
        _retire(run, reader, keeping)
    finally:
        reader.close()
    notes = [
        f"event log: the last {each.cut:,} bytes of {each.segment} were no whole entry, as after a "
        "crash; they are set aside"
        for each in recovered
        if each.cut
    ]
    notes += [
        f"event log: {name} is damaged at byte {at:,}; what follows there is not read, and kept"
        for name, at in reader.damaged.items()
    ]
    return Landing(landed, notes)


def _land(
    run: Run, reader: Tail, keeping: Callable[[], AbstractContextManager[None]]
) -> Iterator[Landed]:
    entries = reader.read()
    while taken := list(islice(entries, _ROUND)):
        reached: dict[str, str] = {}
        for position, _ in taken:
            reached[f"{LOG}{position.segment}"] = f"{position.offset}@{run.run_id}"
        taken.sort(key=_of)
        with keeping():
            for (source, of), some in groupby(taken, key=_of):
                for part in _parts(some):
                    delivery = _arrived(run.warehouse, source, of, part, reached)
                    yield _landed(run, source, delivery)


def _of(found: _Found) -> tuple[str, str]:
    return found[1].source, found[1].object


def _parts(found: Iterator[_Found]) -> Iterator[list[_Found]]:
    """Yield entries in parts that hold no row twice whose time of change nobody said.

    Of such rows the order tells which came later, and in one delivery it would not.
    """
    part: list[_Found] = []
    untimed: set[str] = set()
    for each in found:
        entry = each[1]
        if entry.kind == "row" and entry.changed_at is None:
            if entry.id in untimed:
                yield part
                part, untimed = [], set()
            untimed.add(entry.id)
        part.append(each)
    yield part


def _landed(run: Run, source: str, delivery: _Arrived) -> Landed:
    landed = land(run, source, delivery)
    warehouse, ledger = run.warehouse, Ledger(run.warehouse)
    received = delivery.rows.select("locator", "received_at")
    warehouse.put("temp.received", received)
    warehouse.connection.execute(_RECEIVED)
    warehouse.drop("temp.received")
    for table in landed.tables:
        ledger.changed(table, run.run_id)
    return landed


def _arrived(
    warehouse: Warehouse, source: str, of: str, found: list[_Found], reached: Mapping[str, str]
) -> _Arrived:
    events = [entry.id for _, entry in found if entry.kind == "event"]
    known: dict[str, tuple[str, datetime]] = {}
    if events:
        rows = warehouse.query(_KNOWN, source=source, object=of, ids=events)
        for native_id, content_hash, changed_at in rows.iter_rows():
            known.setdefault(native_id, (content_hash, changed_at))
    kept: list[tuple[Any, ...]] = []
    rejected: list[tuple[Any, ...]] = []
    for position, entry in found:
        locator = f"{entry.request_id}#{entry.index} {position}"
        if entry.kind == "refused":
            original = msgspec.json.decode(entry.payload)
            rejected.append((locator, entry.reason, entry.message, original))
            continue
        try:
            kept.append(_row(entry, locator, known))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            # Receiving passes over what it does not need; a number may be none that there is.
            original = bytes(entry.payload).decode("utf-8", "backslashreplace")
            message = f"this is no valid JSON: {error}"
            rejected.append((locator, "broken_json", message, original[:LONGEST_ORIGINAL]))
    schema = {**ROWS, "received_at": pl.Datetime("us")}
    return _Arrived(
        of,
        pl.DataFrame(kept, schema=schema, orient="row"),
        pl.DataFrame(rejected, schema=REJECTED, orient="row"),
        reached,
    )


def _row(entry: Entry, locator: str, known: dict[str, tuple[str, datetime]]) -> tuple[Any, ...]:
    """Return an entry as a row; an event that is known as the version that is there."""
    values = document(entry) if entry.kind == "event" else msgspec.json.decode(entry.payload)
    encoded = msgspec.json.encode(values) if entry.kind == "event" else bytes(entry.payload)
    digest = hashlib.sha256(msgspec.json.encode(values, order="sorted")).hexdigest()
    changed_at = moment_of(entry.changed_at) if entry.changed_at is not None else None
    if entry.kind == "event" and changed_at is not None:
        digest, changed_at = known.setdefault(entry.id, (digest, changed_at))
    gone, received = entry.is_deleted or None, moment_of(entry.received_at)
    return (entry.id, changed_at, locator, digest, encoded.decode(), gone, received)


def _retire(run: Run, reader: Tail, keeping: Callable[[], AbstractContextManager[None]]) -> None:
    """Remove segments that every generation that is kept has, a day after they were begun.

    Bronze has all of it; a reader of the log has it from the generation, also after a rollback.
    """
    oldest = _oldest_kept(run.workspace.home)
    before = (run.started_at.astimezone(UTC) - _KEPT_FOR).strftime("%Y%m%dT%H%M%S")
    folder = run.workspace.home / FOLDER
    for name, (_, run_id) in positions(run.warehouse).items():
        path = folder / f"{name}{SEALED}"
        is_read = reader.ended(name) and name not in reader.damaged
        if run_id <= oldest and is_read and name < before:
            path.unlink(missing_ok=True)
    there = segments(folder)
    gone = [f"{LOG}{name}" for name in positions(run.warehouse) if name not in there]
    if gone:
        with keeping():
            run.warehouse.connection.execute(
                "delete from bronze.cursor where list_contains($gone, position_of)", {"gone": gone}
            )


def _oldest_kept(home: Path) -> int:
    """Return the run that published the oldest generation that is kept; 0 where there is none."""
    served = manifest.current(home)
    kept = served.kept if served is not None else ()
    found = [manifest.read(home / "generations" / str(n) / manifest.NAME) for n in kept]
    return min((each.run_id for each in found if each is not None), default=0)
