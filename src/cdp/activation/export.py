"""One segment into one file, with a manifest beside it that says what left and what did not.

Invariant: the manifest is written after the file, so a file with a manifest is complete; the
rows are those that the gate let through, and no others.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from cdp.activation.files import Written, replacing, write_json, written
from cdp.activation.gate import Gated, gate
from cdp.activation.selection import LEAVING, Selection, select
from cdp.destinations import DESTINATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from cdp.destinations import DestinationDefinition
    from cdp.store import Warehouse


@dataclass(frozen=True, slots=True)
class Stamp:
    """When and from what something is exported; generation 0 when none is published yet."""

    run_id: int
    generation: int
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Export:
    """A segment that is to leave for a destination.

    Attributes:
        destination: name of the destination.
        definition: how it is declared.
        segment: name of the segment.
    """

    destination: str
    definition: DestinationDefinition
    segment: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """An export whose members are judged and whose columns are chosen; nothing is written."""

    export: Export
    gated: Gated
    selection: Selection
    content_hash: str


@dataclass(frozen=True, slots=True)
class Exported:
    """A finished export."""

    activation_id: str
    gated: Gated
    file: Written
    manifest: Path


def prepare(warehouse: Warehouse, export: Export) -> Prepared:
    """Return the export with its members judged and a hash of what would leave.

    Raises:
        ConfigError: a column names a field that is not there.
    """
    gated = gate(warehouse, export.segment, export.definition)
    selection = select(export.definition.columns)
    with _leaving(warehouse, gated):
        row = warehouse.query(selection.digest_sql, **selection.values).row(0)
    headings = ",".join(column.name for column in export.definition.columns)
    return Prepared(
        export, gated, selection, f"{row[0]}:{row[1]}:{export.definition.type}:{headings}"
    )


def write(
    warehouse: Warehouse, prepared: Prepared, path: Path, activation_id: str, stamp: Stamp
) -> Exported:
    """Write the file and its manifest (`<file>.manifest.json`), replacing what was there.

    Raises:
        InputError: the folder cannot be written to; nothing was changed.
    """
    export = prepared.export
    destination = DESTINATIONS.get(export.definition.type)
    selection = prepared.selection
    with _leaving(warehouse, prepared.gated), replacing(path) as draft:
        rows = warehouse.connection.sql(selection.sql, params=selection.values or None)
        destination.write(rows, draft, export.definition)
    file = written(path)
    manifest = path.with_name(f"{path.name}.manifest.json")
    write_json(manifest, _manifest(prepared, file, activation_id, stamp))
    return Exported(activation_id, prepared.gated, file, manifest)


@contextmanager
def _leaving(warehouse: Warehouse, gated: Gated) -> Iterator[None]:
    """Offer those who may leave as a table while the block runs."""
    frame = gated.frame.filter(pl.col("reason").is_null()).select("profile_id", "contact")
    warehouse.connection.register(LEAVING, frame)
    try:
        yield
    finally:
        warehouse.connection.unregister(LEAVING)


def _manifest(
    prepared: Prepared, file: Written, activation_id: str, stamp: Stamp
) -> dict[str, object]:
    definition, gated = prepared.export.definition, prepared.gated
    return {
        "activation_id": activation_id,
        "destination": prepared.export.destination,
        "type": definition.type,
        "segment": prepared.export.segment,
        "purpose": definition.purpose,
        "channel": definition.channel,
        "category": definition.category,
        "run_id": stamp.run_id,
        "generation": stamp.generation,
        "as_of": stamp.as_of.isoformat(),
        "members": gated.members,
        "sent": gated.sent,
        "suppressed": gated.members - gated.sent,
        "suppressed_by_reason": gated.suppressed,
        "columns": [column.name for column in definition.columns],
        "file": {
            "name": file.path.name,
            "rows": gated.sent,
            "bytes": file.size,
            "sha256": file.sha256,
        },
    }
