"""The stage lookup: every record as real time finds and compares it, in files that publish takes.

Invariant: a file is named after what it holds and never changes; the table names those in force.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from hashlib import file_digest
from typing import TYPE_CHECKING, Final, cast

import polars as pl

from cdp.identity.kept_columns import FOLDER, KeptColumns
from cdp.identity.lookup import About, Lookup, Records, write_lookup
from cdp.identity.lookup_patch import write_patch
from cdp.identity.model_versions import Versions
from cdp.identity.normalise import normalise
from cdp.identity.parties import split
from cdp.identity.records import conform
from cdp.identity.rules import IDENTITY_FILE
from cdp.stage import Delta, Report, Run, Stage
from cdp.store import scratch

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cdp.identity.artefact import Model, PartModel, PartyType
    from cdp.store import Warehouse

    Row = tuple[str, str, str, int, str | None]

DIGITS: Final = 20
TABLE: Final = "identity.lookup"
_ID: Final = {"record_id": pl.String()}
SCHEMA: Final = {
    "entity_type": pl.String(),
    "path": pl.String(),
    "model_version": pl.String(),
    "records": pl.Int64(),
    "patch": pl.String(),
}
MOST: Final = 10
"""One in so many records may be in a patch; beyond that the file is written anew."""


def run(run: Run) -> Report:
    """Write a lookup per party type the model knows, and name them in `identity.lookup`.

    Raises:
        StateError: the frozen model cannot be read.
    """
    home = run.workspace.home
    (home / FOLDER).mkdir(parents=True, exist_ok=True)
    versions = Versions(home)
    model, version = versions.load(), versions.current
    rows: list[Row] = []
    columns_by_kind = _columns(run, model)
    run.warehouse.unload()
    for kind, columns in columns_by_kind.items():
        part = model.parts[kind]
        path = _unfinished(home)
        write_lookup(path, columns, part, About(kind, version, len(columns)))
        rows.append((kind, _named(home, path, kind), version, len(columns), None))
    return _report(run, rows)


def delta(this_run: Run, _: Delta) -> Report:
    """Write the records that changed since the lookups were written into patches of them.

    All is written anew where a lookup is missing or of another model, a record is gone or of
    another party type, or so much changed that writing anew costs less.
    """
    home, warehouse = this_run.workspace.home, this_run.warehouse
    versions = Versions(home)
    model, version = versions.load(), versions.current
    rows = warehouse.query(f"from {TABLE} order by entity_type").rows()
    files = [home / path for row in rows for path in (row[1], row[4]) if path]
    if not rows or any(row[2] != version for row in rows) or not all(f.exists() for f in files):
        return run(this_run)
    patching = _Patching(home, model, {row[0]: row for row in rows})
    changed = patching.changed(warehouse)
    found = [] if changed is None else [patching.patched(*one) for one in sorted(changed.items())]
    patched = [row for row in found if row is not None]
    if changed is None or len(patched) < len(changed):
        return run(this_run)
    return _report(this_run, [*(row for row in rows if row[0] not in changed), *patched])


@dataclass(frozen=True, slots=True)
class _Patching:
    """Lookups in force, by party type, of one model."""

    home: Path
    model: Model
    lookups: Mapping[str, Row]

    def changed(self, warehouse: Warehouse) -> dict[PartyType, pl.DataFrame] | None:
        """Return the records that may be others than in the lookups, by party type.

        None where one of them is no record of its party type any more: what a lookup holds of it
        must go.
        """
        ids = set(warehouse.query("select record_id from step.touched_record_id")["record_id"])
        known = {kind: self._records(kind) for kind in self.lookups}
        for kind, (*_, patch) in self.lookups.items():
            if patch is not None:
                ids |= self._ids(kind, patch)
        warehouse.put("step.lookup_changed", pl.DataFrame({"record_id": sorted(ids)}, _ID))
        frame = warehouse.query(
            "from step.engine_frame where record_id in (select record_id from step.lookup_changed) "
            "order by record_id"
        )
        parts = split(conform(frame))
        for kind, records in known.items():
            now = set(parts[kind]["record_id"]) if kind in parts else set()
            if any(records.number_of(id_) is not None for id_ in ids - now):
                return None
        is_known = all(kind in self.lookups for kind in parts if kind in self.model.parts)
        return {k: f for k, f in parts.items() if k in known} if is_known else None

    def patched(self, kind: PartyType, changed: pl.DataFrame) -> Row | None:
        """Write a patch of a lookup and return the row that names both; None: it will not do."""
        records, part = self._records(kind), self.model.parts[kind]
        if len(changed) * MOST > len(records):
            return None
        columns = _normalised(changed, part, self.model.key)
        _, path, version, _, _ = self.lookups[kind]
        unfinished = _unfinished(self.home)
        about = About(kind, version, len(columns))
        if not write_patch(unfinished, columns, part, about, records):
            return None
        patch = _named(self.home, unfinished, f"{kind}-patch")
        comparisons = part.latent.comparisons
        whole = Lookup(self.home / path, part.plan, comparisons, self.home / patch)
        return kind, path, version, len(whole), patch

    def _records(self, kind: str) -> Records:
        return self._open(kind, self.lookups[kind][1])

    def _ids(self, kind: str, patch: str) -> set[str]:
        records = self._open(kind, patch)
        return {records.values(number).record_id for number in range(len(records))}

    def _open(self, kind: str, path: str) -> Records:
        part = self.model.parts[cast("PartyType", kind)]
        return Records(self.home / path, len(part.plan.rules), part.latent.comparisons)


def _columns(run: Run, model: Model) -> dict[PartyType, pl.DataFrame]:
    """Return the normalised records of each party type that the model knows."""
    kept = {kind: KeptColumns.of(run).take(kind) for kind in model.parts}
    taken = {kind: columns for kind, columns in kept.items() if columns is not None}
    if len(taken) == len(kept):
        return taken
    records = run.warehouse.query("from step.engine_frame order by record_id")
    return {
        kind: _normalised(mine, model.parts[kind], model.key)
        for kind, mine in split(conform(records)).items()
        if kind in model.parts
    }


def _normalised(records: pl.DataFrame, part: PartModel, key: bytes) -> pl.DataFrame:
    with closing(scratch()) as connection:
        return normalise(records, connection, traits=part.traits, key=key)[0]


def _report(run: Run, rows: list[Row]) -> Report:
    """Name the files in force, remove those that no table names, and count the records."""
    home, warehouse = run.workspace.home, run.warehouse
    before = warehouse.query(f"from {TABLE} order by entity_type").rows()
    after = sorted(rows)
    warehouse.put(TABLE, pl.DataFrame(after, schema=SCHEMA, orient="row"))
    warehouse.changed.discard(TABLE)
    if after != before:
        warehouse.changed.add(TABLE)
    _prune(home, {path for row in (*before, *after) for path in (row[1], row[4])})
    return Report({f"{row[0]}_records": row[3] for row in after})


def _unfinished(home: Path) -> Path:
    return home / FOLDER / "unfinished"


def _named(home: Path, unfinished: Path, stem: str) -> str:
    """Give the file the name that its content has, and return it, below the workspace's home."""
    with unfinished.open("rb") as file:
        digest = file_digest(file, "blake2b").hexdigest()[:DIGITS]
    path = unfinished.replace(home / FOLDER / f"{stem}-{digest}.bin")
    return str(path.relative_to(home))


def _prune(home: Path, kept: set[str | None]) -> None:
    """Remove the files that no table names; a published generation holds its own links."""
    for path in sorted((home / FOLDER).iterdir()):
        if str(path.relative_to(home)) not in kept:
            path.unlink()


STAGE: Final = Stage(
    name="lookup",
    reads=("silver.record", "silver.attribute", "silver.identifier", "identity.edge"),
    writes=(TABLE,),
    key="global",
    run=run,
    config=(IDENTITY_FILE,),
    delta=delta,
)
"""Made again when a record or the model changes (edges name the version that scored them)."""
