"""The stage lookup: every record as real time finds and compares it, in files that publish takes.

Invariant: a file is named after what it holds and never changes; the table names those in force.
"""

from __future__ import annotations

from contextlib import closing
from hashlib import file_digest
from typing import TYPE_CHECKING, Final

import polars as pl

from cdp.identity.lookup import About, write_lookup
from cdp.identity.model_versions import Versions
from cdp.identity.normalise import normalise
from cdp.identity.parties import split
from cdp.identity.records import conform
from cdp.identity.rules import IDENTITY_FILE
from cdp.stage import Delta, Report, Run, Stage
from cdp.store import scratch

if TYPE_CHECKING:
    from pathlib import Path

    from cdp.identity.artefact import PartModel

FOLDER: Final = "lookup"
DIGITS: Final = 20
TABLE: Final = "identity.lookup"
SCHEMA: Final = {
    "entity_type": pl.String(),
    "path": pl.String(),
    "model_version": pl.String(),
    "records": pl.Int64(),
}


def run(run: Run) -> Report:
    """Write a lookup per party type the model knows, and name them in `identity.lookup`.

    Raises:
        StateError: the frozen model cannot be read.
    """
    home = run.workspace.home
    folder = home / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    before = set(run.warehouse.query(f"select path from {TABLE} order by path")["path"])  # noqa: S608 - a constant
    records = run.warehouse.query("from step.engine_frame order by record_id")
    versions = Versions(home)
    model, version = versions.load(), versions.current
    rows = []
    for kind, mine in split(conform(records)).items():
        part = model.parts.get(kind)
        if part is None:
            continue
        with closing(scratch()) as connection:
            columns, _ = normalise(mine, connection, traits=part.traits, key=model.key)
        path = _written(folder, columns, part, About(kind, version, len(columns)))
        rows.append((kind, str(path.relative_to(home)), version, len(columns)))
    run.warehouse.put(TABLE, pl.DataFrame(rows, schema=SCHEMA, orient="row"))
    if {row[1] for row in rows} != before:
        run.warehouse.changed.add(TABLE)
    _prune(home, before | {row[1] for row in rows})
    counts = {f"{kind}_records": count for kind, _, _, count in rows}
    return Report(counts)


def delta(this_run: Run, _: Delta) -> Report:
    """Write the files anew: they are one piece each, and publish takes them as they are."""
    return run(this_run)


def _written(folder: Path, columns: pl.DataFrame, part: PartModel, about: About) -> Path:
    """Write the file and return it under the name that its content has."""
    unfinished = folder / "unfinished"
    write_lookup(unfinished, columns, part, about)
    with unfinished.open("rb") as file:
        digest = file_digest(file, "blake2b").hexdigest()[:DIGITS]
    return unfinished.replace(folder / f"{about.party_type}-{digest}.bin")


def _prune(home: Path, kept: set[str]) -> None:
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
