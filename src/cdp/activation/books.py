"""The books of activation: what was sent before, and what is noted of an export.

Invariant: what is noted of an export is noted in one transaction with all of it, after its files
are there; so what the books say was sent was sent.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from cdp.activation import leaving
from cdp.activation.export import Target
from cdp.activation.gate import verdicts

if TYPE_CHECKING:
    from pathlib import Path

    from cdp.activation.export import Export, Exported, Prepared, Stamp
    from cdp.settings import Workspace
    from cdp.store import Warehouse

_LAST = """
select ordinal, content_hash, activation_id from activation.run
where destination = $destination and segment = $segment order by ordinal desc limit 1
"""
_SENT = """
select profile_id, row_hash, kept from activation.sent
where destination = $destination and segment = $segment order by profile_id
"""


@dataclass(frozen=True, slots=True)
class Last:
    """The last export of a segment to a destination; the ordinal is 0 before the first."""

    ordinal: int = 0
    content_hash: str | None = None
    activation_id: str | None = None


def last(books: Warehouse, export: Export) -> Last:
    """Return the last such export."""
    rows = books.query(_LAST, destination=export.destination, segment=export.segment).rows()
    return Last(*rows[0]) if rows else Last()


def before(books: Warehouse, export: Export) -> pl.DataFrame | None:
    """Return what a destination of differences has now; None for any other."""
    if export.definition.mode != "difference":
        return None
    found = books.query(_SENT, destination=export.destination, segment=export.segment)
    return leaving.typed(found)


def target(workspace: Workspace, prepared: Prepared, past: Last) -> Target:
    """Return where an export goes that follows the last one; the same again has the same name."""
    export = prepared.export
    ordinal = past.ordinal + 1
    identity = f"{export.destination}/{export.segment}/{ordinal}/{prepared.content_hash}"
    activation_id = hashlib.sha256(identity.encode()).hexdigest()[:16]
    declared = export.definition.path or "://"
    folder = workspace.home / "exports" / export.destination
    if "://" not in declared:
        folder = workspace.root / declared
    stem = f"{export.segment}-{ordinal:04}-{activation_id[:8]}"
    return Target(folder, stem, activation_id, past.activation_id)


def note(
    books: Warehouse, data: Warehouse, prepared: Prepared, exported: Exported, stamp: Stamp
) -> None:
    """Keep that an export left, what became of each member, and what the destination has now.

    `data` is where the members were judged; it is the books themselves in a run.
    """
    _note_sent(books, data, prepared)
    _note_delivery(books, data, prepared, exported.activation_id)
    export, gated = prepared.export, prepared.gated
    past = last(books, export)
    row = {
        "activation_id": exported.activation_id,
        "destination": export.destination,
        "segment": export.segment,
        "ordinal": past.ordinal + 1,
        "content_hash": prepared.content_hash,
        "run_id": stamp.run_id,
        "members": gated.members,
        "sent": gated.sent,
        "suppressed": gated.members - gated.sent,
        "at": stamp.as_of.replace(tzinfo=None),
        "location": location_of(stamp.home, exported),
        "mode": export.definition.mode,
        "rows": prepared.rows.count,
        "files": len(exported.rows),
        "previous_id": past.activation_id,
        "definition": export.version,
    }
    books.insert("activation.run", pl.DataFrame([row], infer_schema_length=None))


def location_of(home: Path, exported: Exported) -> str:
    """Return where an export is found, relative to the workspace where it is below it."""
    name = exported.rows[0].name if len(exported.rows) == 1 else exported.manifest
    return f"{exported.location}/{name}".removeprefix(f"{home.parent}/")


def _note_sent(books: Warehouse, data: Warehouse, prepared: Prepared) -> None:
    """Bring what the destination has up to date with what an export of differences told it."""
    export = prepared.export
    if export.definition.mode != "difference":
        return
    come, gone = leaving.sent(data, export.definition), leaving.removed(data)
    stale = pl.concat([come.select("profile_id"), gone])
    books.connection.register("stale_sent", stale)
    try:
        books.connection.execute(
            "delete from activation.sent where destination = $destination and segment = $segment "
            "and profile_id in (select profile_id from stale_sent)",
            {"destination": export.destination, "segment": export.segment},
        )
    finally:
        books.connection.unregister("stale_sent")
    named = [pl.lit(value).alias(name) for name, value in _names(export).items()]
    if come.height:
        books.insert("activation.sent", come.select(*named, pl.all()))


def _note_delivery(
    books: Warehouse, data: Warehouse, prepared: Prepared, activation_id: str
) -> None:
    judged = verdicts(data)
    state = pl.when(pl.col("reason").is_null()).then(pl.lit("sent")).otherwise(pl.lit("suppressed"))
    found = judged.select("profile_id", state.alias("state"), "reason")
    if prepared.export.definition.mode == "difference":
        come = leaving.sent(data, prepared.export.definition).select("profile_id")
        is_told = pl.col("reason").is_not_null()
        held = found.filter(is_told)
        told = found.filter(~is_told).join(come, on="profile_id", how="semi")
        gone = (
            leaving.removed(data)
            .join(held, on="profile_id", how="anti")
            .select(
                "profile_id",
                pl.lit("removed").alias("state"),
                pl.lit(None, pl.String()).alias("reason"),
            )
        )
        found = pl.concat([held, told, gone])
    named = pl.lit(activation_id).alias("activation_id")
    books.insert("activation.delivery", found.select(named, pl.all()))


def _names(export: Export) -> dict[str, str]:
    return {"destination": export.destination, "segment": export.segment}
