"""Persons, households and groups of invented customers, through the whole pipeline.

`python benchmarks/fixtures.py --seeds 11 12 13 14 15` makes data that nobody has looked at,
runs the demo's rules on it by the code of `cdp run --data`, and compares with the truth. The
committed fixtures are run too, and their planted traps counted. Persons stand beside plain Splink,
unless `--alone` is given; households and company groups are counted in pairs of their members.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean
from time import perf_counter

import polars as pl
from collectives import GROUP, HOUSEHOLD, scored
from pairs import Score, pairwise, sprung
from plain_splink import cluster_plainly

from cdp import pipeline
from cdp.settings import Settings, Workspace
from cdp.store.peek import peek

ROOT = Path(__file__).parents[1]
COMMITTED = ROOT / "data" / "fixtures"
_KINDS = ("persons", "households", "groups", "plain Splink at .95")
CLOCK = datetime(2026, 7, 1, 6, tzinfo=UTC)


def main() -> None:
    """Print one line a seed, the means, and the traps of the committed fixtures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="*", default=[11, 12, 13, 14, 15])
    parser.add_argument("--persons", type=int, default=600)
    parser.add_argument("--alone", action="store_true", help="leave plain Splink out")
    chosen = parser.parse_args()
    columns = " ".join(f"{f'{what}: P R F1':<22}" for what in _KINDS)
    print(f"{'data':<12}{'records':>8}  {columns} s")
    found = [
        _line(f"seed {seed}", _made(seed, chosen.persons), alone=chosen.alone)[0]
        for seed in chosen.seeds
    ]
    if found:
        means = "  ".join(_mean([line[what] for line in found]) for what in found[0])
        print(f"{'mean':<12}{'':>8}  {means}")
    _committed(alone=chosen.alone)


def _made(seed: int, persons: int) -> Path:
    out = Path(tempfile.mkdtemp(prefix="cdp-fixtures-"))
    make = [sys.executable, str(ROOT / "data" / "fixtures" / "make.py")]
    options = ["--seed", str(seed), "--persons", str(persons), "--out", str(out)]
    subprocess.run([*make, *options], check=True, stdout=subprocess.DEVNULL)
    return out


def _line(name: str, data: Path, *, alone: bool) -> tuple[dict[str, Score], pl.DataFrame]:
    begun = perf_counter()
    found, frame, scores = _resolve(data)
    seconds = perf_counter() - begun
    truth = _truth(data)
    line = {"persons": pairwise(truth, found), **scores}
    if not alone:
        line["plain Splink"] = pairwise(truth, cluster_plainly(frame))
    figures = "  ".join(_figures(score) for score in line.values())
    print(f"{name:<12}{len(truth):>8}  {figures}  {seconds:.0f}", flush=True)
    if data != COMMITTED:
        shutil.rmtree(data)
    return line, found


def _committed(*, alone: bool) -> None:
    _, found = _line("committed", COMMITTED, alone=alone)
    for case, traps, wrong in sprung(COMMITTED / "traps.csv", found).iter_rows():
        print(f"  {case:<32}{wrong:>4} of {traps:>4} traps sprung")


def _resolve(data: Path) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, Score]]:
    """Run the demo's rules on this data.

    Return (record_id, cluster), the engine's input, and the scores of households and groups.
    """
    folder = Path(tempfile.mkdtemp(prefix="cdp-workspace-"))
    rules = ROOT / "pipelines" / "demo"
    shutil.copytree(rules, folder, ignore=shutil.ignore_patterns(".cdp"), dirs_exist_ok=True)
    workspace = Workspace(folder, data)
    pipeline.run(workspace, Settings(), lambda: CLOCK, pipeline.Request(to_stage="golden"))
    with peek(workspace.home) as warehouse:
        found = warehouse.query(
            "select record_id, profile_id as cluster from identity.assignment where live"
        )
        frame = warehouse.query("select * from step.engine_frame order by record_id")
        scores = {
            "households": scored(warehouse, data / "truth.csv", HOUSEHOLD),
            "groups": scored(warehouse, data / "truth.csv", GROUP),
        }
    shutil.rmtree(folder)
    return found, frame, scores


def _truth(data: Path) -> pl.DataFrame:
    """Return (record_id, entity) of the known persons; visitors are joined by their log-ins."""
    events = pl.read_csv(data / "truth.csv", infer_schema=False)
    known = events.filter(pl.col("person_id").is_not_null() & (pl.col("person_id") != ""))
    visitor = pl.col("record_id").str.starts_with("web:") & ~pl.col("record_id").str.contains(
        r"^web:u-"
    )
    return known.filter(~visitor).select("record_id", pl.col("person_id").alias("entity"))


def _figures(score: Score) -> str:
    return f"{score.precision:>6.3f} {score.recall:>6.3f} {score.f1:>6.3f}"


def _mean(scores: list[Score]) -> str:
    figures = (mean(getattr(s, name) for s in scores) for name in ("precision", "recall", "f1"))
    return " ".join(f"{figure:>6.3f}" for figure in figures)


if __name__ == "__main__":
    main()
