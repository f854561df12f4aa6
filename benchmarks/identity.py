"""Identity resolution on labelled sets, beside plain Splink in the same run.

`python benchmarks/identity.py --data DIR` reads every folder of DIR that holds `records.parquet`
and `truth.parquet` (record_id, entity_id), resolves it without labels or configuration in both
modes, and prints pairwise F1, clusters holding two entities, and seconds. `--write` puts the
table into `benchmarks/RESULTS.md`.
"""

from __future__ import annotations

import argparse
import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import mean
from time import perf_counter

import polars as pl
from pairs import Score, pairwise
from plain_splink import cluster_plainly

from cdp.identity.assemble import records_of
from cdp.identity.resolve import Mode, resolve
from cdp.identity.tables import read_table
from cdp.store import scratch

RESULTS = Path(__file__).parent / "RESULTS.md"
TITLE = "## Identity, development sets"
HEADER = "# Results"


@dataclass(frozen=True, slots=True)
class Line:
    """Figures of one set under one method."""

    score: Score
    mixed: int
    seconds: float
    wrong: float = 0.0


def main() -> None:
    """Print the table, and write it where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of labelled sets")
    parser.add_argument("--only", nargs="*", help="names of sets")
    parser.add_argument("--seeds", type=int, nargs="*", default=[1], help="of the samples")
    parser.add_argument("--write", action="store_true", help="into benchmarks/RESULTS.md")
    chosen = parser.parse_args()
    folders = sorted(path.parent for path in chosen.data.glob("*/truth.parquet"))
    rows = []
    for folder in folders:
        if not chosen.only or folder.name in chosen.only:
            rows.append(_row(folder, chosen.seeds))
            print(rows[-1], flush=True)
    table = "\n".join([*_head(), *rows])
    print(table)
    if chosen.write:
        _write(table)


def _head() -> list[str]:
    columns = (
        "set | records | strict P | R | F1 | mixed clusters | s | "
        "lenient F1 | mixed clusters | plain Splink .95 F1 | mixed clusters | s"
    )
    count = columns.count("|") + 1
    return [f"| {columns} |", "|" + " --- |" * count]


def _row(folder: Path, seeds: list[int]) -> str:
    connection = scratch()
    records = records_of(read_table(folder / "records.parquet", connection), None)
    connection.close()
    truth = pl.read_parquet(folder / "truth.parquet").select(
        pl.col("record_id").cast(pl.String), entity=pl.col("entity_id").cast(pl.String)
    )
    strict = [_ours(records, truth, seed, "strict") for seed in seeds]
    lenient = [_ours(records, truth, seed, "lenient") for seed in seeds]
    plain = _plain(records, truth)
    figures = [
        folder.name,
        f"{len(records):,}",
        *(f"{mean(getattr(x.score, n) for x in strict):.4f}" for n in ("precision", "recall")),
        f"**{mean(x.score.f1 for x in strict):.4f}**",
        str(max(x.mixed for x in strict)),
        f"{mean(x.seconds for x in strict):.0f}",
        f"{mean(x.score.f1 for x in lenient):.4f}",
        str(max(x.mixed for x in lenient)),
        f"{plain.score.f1:.4f}",
        str(plain.mixed),
        f"{plain.seconds:.0f}",
    ]
    return "| " + " | ".join(figures) + " |"


def _ours(records: pl.DataFrame, truth: pl.DataFrame, seed: int, mode: Mode) -> Line:
    begun = perf_counter()
    shuffled = records.sample(fraction=1, shuffle=True, seed=seed)
    connection = scratch()
    found = resolve(shuffled, connection, mode=mode, seed=seed).clusters
    connection.close()
    return _line(truth, found, perf_counter() - begun)


def _plain(records: pl.DataFrame, truth: pl.DataFrame) -> Line:
    begun = perf_counter()
    found = cluster_plainly(records)
    return _line(truth, found, perf_counter() - begun)


def _line(truth: pl.DataFrame, found: pl.DataFrame, seconds: float) -> Line:
    both = truth.join(found, on="record_id")
    entities = both.group_by("cluster").agg(pl.col("entity").n_unique())
    return Line(pairwise(truth, found), int((entities["entity"] > 1).sum()), seconds)


def _write(table: str) -> None:
    """Replace this section of RESULTS.md and leave the others."""
    when = datetime.now(UTC).date()  # noqa: TID251 - stamps the table
    libraries = ", ".join(f"{name} {version(name)}" for name in ("splink", "duckdb", "polars"))
    note = (
        f"{when}, {os.cpu_count()} cores, {platform.machine()}, Python "
        f"{platform.python_version()}, {libraries}. Third-party labelled sets, read from outside "
        "the project; no labels and no configuration are used. *Mixed clusters* hold records of "
        "two entities or more. Seconds are wall time on a machine shared with other work."
    )
    section = f"{TITLE}\n\n{note}\n\n{table}\n"
    old = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else f"{HEADER}\n"
    before, found, after = old.partition(TITLE)
    rest = after.partition("\n## ")
    tail = f"\n## {rest[2]}" if found and rest[1] else ""
    RESULTS.write_text(before.rstrip("\n") + "\n\n" + section + tail, encoding="utf-8")


if __name__ == "__main__":
    main()
