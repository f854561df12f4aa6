"""Identity resolution on labelled sets, beside plain Splink in the same run.

`python benchmarks/identity.py --data DIR` reads every folder of DIR that holds `records.parquet`
and `truth.parquet` (record_id, entity_id), resolves it without labels or configuration and prints
pairwise figures of the clusters and of the looser `possible` ones, both read from one run; clusters
holding two entities; the wrong and missed pairs the run expects beside the true ones; and plain
Splink at .95 and at the best threshold that one who knows the truth could choose. Every seed
shuffles the rows and draws other samples; figures are means, mixed clusters those of the worst
seed. `--write` puts the table into `benchmarks/RESULTS.md`.
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
from time import process_time

import polars as pl
from pairs import Score, pairwise
from plain_splink import LADDER, THRESHOLD, cluster_at

from cdp.identity.assemble import records_of
from cdp.identity.resolve import resolve
from cdp.identity.tables import read_table
from cdp.store import scratch

RESULTS = Path(__file__).parent / "RESULTS.md"
TITLE = "## Identity, development sets"
HEADER = "# Results"


@dataclass(frozen=True, slots=True)
class Line:
    """Figures of one set under one method; `several` counts clusters with more than one record."""

    score: Score
    mixed: int
    several: int


@dataclass(frozen=True, slots=True)
class Run:
    """One seed: both cuts, and the wrong and missed pairs the run expects."""

    strict: Line
    lenient: Line
    wrong: float
    missed: float
    seconds: float


def main() -> None:
    """Print the table, and write it where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of labelled sets")
    parser.add_argument("--only", nargs="*", help="names of sets")
    parser.add_argument(
        "--seeds", type=int, nargs="*", default=[1, 2, 3, 4, 5], help="of samples and row order"
    )
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
        "set | records | P | R | F1 | mixed clusters | expected / true wrong pairs | "
        "expected / true missed pairs | CPU s | possible F1 | mixed clusters | "
        "plain Splink .95 F1 | mixed clusters | CPU s | at its oracle threshold F1 | mixed clusters"
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
    runs = [_ours(records, truth, seed) for seed in seeds]
    begun = process_time()
    plain = {at: _line(truth, found) for at, found in cluster_at(records, LADDER).items()}
    seconds = process_time() - begun
    oracle = max(plain.values(), key=lambda line: line.score.f1)
    strict, worst = [run.strict for run in runs], _worst([run.strict for run in runs])
    true_wrong = mean(x.score.joined_pairs - x.score.right_pairs for x in strict)
    true_missed = mean(x.score.true_pairs - x.score.right_pairs for x in strict)
    figures = [
        folder.name,
        f"{len(records):,}",
        *(f"{mean(getattr(x.score, n) for x in strict):.4f}" for n in ("precision", "recall")),
        f"**{mean(x.score.f1 for x in strict):.4f}**",
        f"{worst.mixed} of {worst.several:,}",
        f"{mean(run.wrong for run in runs):,.0f} / {true_wrong:,.0f}",
        f"{mean(run.missed for run in runs):,.0f} / {true_missed:,.0f}",
        f"{mean(run.seconds for run in runs):.0f}",
        f"{mean(run.lenient.score.f1 for run in runs):.4f}",
        str(_worst([run.lenient for run in runs]).mixed),
        f"{plain[THRESHOLD].score.f1:.4f}",
        str(plain[THRESHOLD].mixed),
        f"{seconds:.0f}",
        f"{oracle.score.f1:.4f}",
        str(oracle.mixed),
    ]
    return "| " + " | ".join(figures) + " |"


def _worst(lines: list[Line]) -> Line:
    return max(lines, key=lambda line: line.mixed)


def _ours(records: pl.DataFrame, truth: pl.DataFrame, seed: int) -> Run:
    begun = process_time()
    shuffled = records.sample(fraction=1, shuffle=True, seed=seed)
    connection = scratch()
    found = resolve(shuffled, connection, seed=seed)
    connection.close()
    return Run(
        strict=_line(truth, found.clusters),
        lenient=_line(truth, found.clusters.select("record_id", cluster="possible")),
        wrong=found.report.expected_wrong_pairs,
        missed=found.report.expected_missed_pairs,
        seconds=process_time() - begun,
    )


def _line(truth: pl.DataFrame, found: pl.DataFrame) -> Line:
    both = truth.join(found, on="record_id")
    clusters = both.group_by("cluster").agg(pl.col("entity").n_unique(), records=pl.len())
    return Line(
        pairwise(truth, found),
        int((clusters["entity"] > 1).sum()),
        int((clusters["records"] > 1).sum()),
    )


def _write(table: str) -> None:
    """Replace this section of RESULTS.md and leave the others."""
    when = datetime.now(UTC).date()  # noqa: TID251 - stamps the table
    libraries = ", ".join(f"{name} {version(name)}" for name in ("splink", "duckdb", "polars"))
    note = (
        f"{when}, {os.cpu_count()} cores, {platform.machine()}, Python "
        f"{platform.python_version()}, {libraries}. Third-party labelled sets, read from outside "
        "the project; no labels and no configuration are used. *Mixed clusters* hold records of "
        "two entities or more, of all with more than one record, in the worst seed. Seconds are of "
        "processor time; one training and one prediction serve all thresholds of plain Splink."
    )
    section = f"{TITLE}\n\n{note}\n\n{table}\n"
    old = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else f"{HEADER}\n"
    before, found, after = old.partition(TITLE)
    rest = after.partition("\n## ")
    tail = f"\n## {rest[2]}" if found and rest[1] else ""
    RESULTS.write_text(before.rstrip("\n") + "\n\n" + section + tail, encoding="utf-8")


if __name__ == "__main__":
    main()
