"""Identity resolution on invented customers, through the whole pipeline, beside plain Splink.

`python benchmarks/fixtures.py --seeds 11 12 13 14 15` makes data that nobody has looked at,
runs the demo's rules on it by the code of `cdp run --data`, and compares with the truth. The
committed fixtures are run too, and their planted traps counted.
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
from pairs import Score, pairwise, sprung
from plain_splink import cluster_plainly

from cdp import pipeline
from cdp.settings import Settings, Workspace
from cdp.store.peek import peek

ROOT = Path(__file__).parents[1]
CLOCK = datetime(2026, 7, 1, 6, tzinfo=UTC)


def main() -> None:
    """Print one line a seed, the means, and the traps of the committed fixtures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="*", default=[11, 12, 13, 14, 15])
    parser.add_argument("--persons", type=int, default=600)
    chosen = parser.parse_args()
    print(
        f"{'data':<12}{'records':>8}  {'P':>6} {'R':>6} {'F1':>6}   plain Splink at .95: P R F1   s"
    )
    lines = [_line(f"seed {seed}", _made(seed, chosen.persons)) for seed in chosen.seeds]
    if lines:
        ours, plain = ([pair[i] for pair in lines] for i in (0, 1))
        print(f"{'mean':<12}{'':>8}  {_mean(ours)}   {_mean(plain)}")
        print(f"plain F1 / ours: {mean(p.f1 for p in plain) / mean(o.f1 for o in ours):.3f}")
    _committed()


def _made(seed: int, persons: int) -> Path:
    out = Path(tempfile.mkdtemp(prefix="cdp-fixtures-"))
    make = [sys.executable, str(ROOT / "data" / "fixtures" / "make.py")]
    options = ["--seed", str(seed), "--persons", str(persons), "--out", str(out)]
    subprocess.run([*make, *options], check=True, stdout=subprocess.DEVNULL)
    return out


def _line(name: str, data: Path) -> tuple[Score, Score]:
    begun = perf_counter()
    found, frame = _resolve(data)
    seconds = perf_counter() - begun
    truth = _truth(data)
    ours = pairwise(truth, found)
    plain = pairwise(truth, cluster_plainly(frame))
    print(f"{name:<12}{len(truth):>8}  {_figures(ours)}   {_figures(plain)}   {seconds:.0f}")
    shutil.rmtree(data)
    return ours, plain


def _committed() -> None:
    data = ROOT / "data" / "fixtures"
    found, frame = _resolve(data)
    truth = _truth(data)
    plain = pairwise(truth, cluster_plainly(frame))
    print(
        f"{'committed':<12}{len(truth):>8}  {_figures(pairwise(truth, found))}   {_figures(plain)}"
    )
    for case, traps, wrong in sprung(data / "traps.csv", found).iter_rows():
        print(f"  {case:<32}{wrong:>4} of {traps:>4} traps sprung")


def _resolve(data: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Run the demo's rules on this data; return (record_id, cluster) and the engine's input."""
    folder = Path(tempfile.mkdtemp(prefix="cdp-workspace-"))
    rules = ROOT / "pipelines" / "demo"
    shutil.copytree(rules, folder, ignore=shutil.ignore_patterns(".cdp"), dirs_exist_ok=True)
    workspace = Workspace(folder, data)
    pipeline.run(workspace, Settings(), lambda: CLOCK)
    with peek(workspace.home) as warehouse:
        found = warehouse.query(
            "select record_id, profile_id as cluster from identity.assignment where live"
        )
        frame = warehouse.query("select * from step.engine_frame order by record_id")
    shutil.rmtree(folder)
    return found, frame


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
