"""Identity resolution on any table in one call: the door `cdp match` opens.

Invariant: the output names every row of the input exactly once, or nothing is written.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import polars as pl

from cdp.identity.artefact_files import save
from cdp.identity.assemble import combined, records_of
from cdp.identity.resolve import resolve
from cdp.identity.tables import TableError, read_table
from cdp.store import scratch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from duckdb import DuckDBPyConnection

    from cdp.identity.resolution import Resolution

SEED = 1


@dataclass(frozen=True, slots=True)
class MatchReport:
    """What a match did.

    Attributes:
        records: rows read, by party type.
        entities: distinct entities, by party type.
        largest: records in the largest entity.
        pairs: candidate pairs compared.
        unsure_pairs: pairs with a probability between .1 and .9.
        expected_wrong_pairs: expected number of wrongly joined record pairs.
        expected_missed_pairs: expected number of compared pairs wrongly left apart.
        seconds: wall seconds by step.
        out: the file written.
        explained: the folder with edges and model, if asked for.
    """

    records: dict[str, int]
    entities: dict[str, int]
    largest: int
    pairs: int
    unsure_pairs: int
    expected_wrong_pairs: float
    expected_missed_pairs: float
    seconds: dict[str, float]
    out: Path
    explained: Path | None


def match(
    files: Sequence[Path],
    out: Path,
    *,
    explain_dir: Path | None = None,
    mode: Literal["strict", "lenient"] = "strict",
) -> MatchReport:
    """Write `record_id,entity_id` for every row of the files and return what was done.

    With `explain_dir`, the scored edges (`edges.parquet`, `edges.csv`), what every cluster is
    expected to have got wrong (`clusters.csv`) and the model with its card go there.

    Raises:
        TableError: a file cannot be read, ids clash, or the output cannot be written.
    """
    if not out.parent.is_dir():
        msg = f"{out.parent}: there is no such folder to write {out.name} to; create it"
        raise TableError(msg)
    connection = scratch()
    try:
        records = read_records(files, connection)
        resolution = resolve(records, connection, mode=mode, seed=SEED)
    finally:
        connection.close()
    if explain_dir is not None:
        explain_dir.mkdir(parents=True, exist_ok=True)
        resolution.edges.write_parquet(explain_dir / "edges.parquet")
        resolution.edges.write_csv(explain_dir / "edges.csv")
        resolution.clusters.write_csv(explain_dir / "clusters.csv")
        save(resolution.model, explain_dir / "model")
    ordered = records.select("record_id").join(
        resolution.clusters, on="record_id", how="left", maintain_order="left"
    )
    _write(ordered.select("record_id", entity_id="cluster"), out)
    return _report(resolution, out, explain_dir)


def read_records(files: Sequence[Path], connection: DuckDBPyConnection) -> pl.DataFrame:
    """Return the records of all files; a file without sources is its own source if others exist."""
    tables = [
        (path, records_of(read_table(path, connection), path.stem if len(files) > 1 else None))
        for path in files
    ]
    return combined(tables)


def _write(frame: pl.DataFrame, out: Path) -> None:
    """Put the frame at `out` in one step: readers see the old file or the whole new one."""
    handle, name = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name}.")
    os.close(handle)
    unfinished = Path(name)
    try:
        frame.write_csv(unfinished)
        unfinished.replace(out)
    except OSError as error:
        msg = f"{out}: cannot be written ({error.strerror}); free some room or choose another path"
        raise TableError(msg) from error
    finally:
        unfinished.unlink(missing_ok=True)


def _report(resolution: Resolution, out: Path, explained: Path | None) -> MatchReport:
    report, clusters = resolution.report, resolution.clusters
    entities = clusters.group_by("party_type").agg(pl.col("cluster").n_unique()).sort("party_type")
    sizes = clusters.group_by("cluster").len()["len"]
    return MatchReport(
        records={kind: count for kind, count in report.records.items() if count},
        entities=dict(entities.iter_rows()),
        largest=int(sizes.to_numpy().max(initial=0)),
        pairs=report.pairs,
        unsure_pairs=report.unsure_pairs,
        expected_wrong_pairs=report.expected_wrong_pairs,
        expected_missed_pairs=report.expected_missed_pairs,
        seconds=report.seconds,
        out=out,
        explained=explained,
    )
