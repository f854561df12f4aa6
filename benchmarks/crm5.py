"""The whole pipeline on third-party data: five extracts of customers and the orders of a shop.

`python benchmarks/crm5.py --data DIR` reads DIR/identity_unlabelled/kanoniv_crm5 and
DIR/clv/cdnow_sample, runs the workspace `benchmarks/crm5` four times in a temporary folder (from
nothing; again; again with every stage; without the partners) and stops with an error when
something that must hold does not.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, process_time

import crm5_checks as checks
import polars as pl
from crm5_data import prepare

from cdp import pipeline
from cdp.settings import Settings, Workspace

RULES = Path(__file__).with_name("crm5")
CLOCK = datetime(2026, 11, 22, 6, tzinfo=UTC)
GONE = "partners"


def main() -> None:
    """Run, check and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the third-party data")
    parser.add_argument("--seed", type=int, default=5, help="seed of who gets orders")
    parser.add_argument("--buyers", type=int, default=1200, help="customers who get orders")
    parser.add_argument("--keep", type=Path, help="empty folder to work in and to leave")
    chosen = parser.parse_args()
    folder = chosen.keep or Path(tempfile.mkdtemp(prefix="cdp-crm5-"))
    try:
        _benchmark(folder, chosen)
    except checks.CheckError as error:
        sys.exit(f"FAILED: {error}")
    finally:
        if chosen.keep is None:
            shutil.rmtree(folder)


def _benchmark(folder: Path, chosen: argparse.Namespace) -> None:
    delivery = folder / "delivery"
    delivery.mkdir(parents=True)
    prepare(chosen.data, delivery, seed=chosen.seed, buyers=chosen.buyers)
    shutil.copytree(RULES, folder / "crm5", ignore=shutil.ignore_patterns(".cdp"))
    workspace = Workspace(folder / "crm5", delivery)
    first = _first(workspace, delivery)
    _again(workspace, first)
    _without_partners(workspace, first)
    print(f"peak memory of the process: {_peak():.2f} GiB")


def _first(workspace: Workspace, delivery: Path) -> checks.Held:
    _run("from nothing", workspace)
    first = checks.held(workspace.home)
    rows = {path.stem: pl.read_parquet(path).height for path in delivery.glob("*.parquet")}
    checks.reconciled(first, rows)
    checks.ordered_once(first, pl.read_parquet(delivery / "shop.parquet"))
    checks.resolvable(workspace.home, first.ids)
    with pl.Config(tbl_hide_dataframe_shape=True, tbl_hide_column_data_types=True, tbl_cols=-1):
        print(first.counts)
    sizes = sorted(map(len, checks.members(first.assignment).values()), reverse=True)
    spread = {size: sizes.count(size) for size in sorted(set(sizes))}
    print(f"{len(first.assignment):,} records in {len(sizes):,} profiles; by records: {spread}")
    buyers = first.orders["profile_id"].n_unique()
    print(f"{len(first.orders):,} orders, each once, with the {buyers:,} profiles of their buyers")
    return first


def _again(workspace: Workspace, first: checks.Held) -> None:
    _run("again", workspace)
    checks.unchanged(first, checks.held(workspace.home))
    _run("again, every stage", workspace, pipeline.Request(full=True))
    checks.unchanged(first, checks.held(workspace.home))
    print("nothing changed: same assignment, same ids, same manifest")


def _without_partners(workspace: Workspace, first: checks.Held) -> None:
    (workspace.root / "sources" / f"{GONE}.yaml").unlink()
    _run(f"without {GONE}", Workspace(workspace.root, workspace.data_override))
    now = checks.held(workspace.home)
    kept = checks.undisturbed(first, now, GONE)
    print(f"{kept:,} profiles without a record of {GONE}: all kept their id and members")
    ever = pl.concat([first.ids, now.ids]).unique()
    print(f"{ever.height:,} ids ever issued: {checks.resolvable(workspace.home, ever)}")


def _run(name: str, workspace: Workspace, request: pipeline.Request | None = None) -> None:
    """Run and print a line a stage: seconds, seconds of processor time, highest memory so far."""
    begun, at = perf_counter(), process_time()
    spent: dict[str, tuple[float, float]] = {}

    def observe(progress: pipeline.Progress) -> None:
        nonlocal at
        if progress.moment == "finished":
            spent[progress.stage] = (process_time() - at, _peak())
        if progress.moment in {"started", "finished"}:
            at = process_time()

    result = pipeline.run(workspace, Settings(), lambda: CLOCK, request, observe)
    print(f"\n{name}: {result.outcome} in {perf_counter() - begun:.1f} s")
    for stage in result.stages:
        if stage.report is None:
            print(f"  {stage.stage:<11}unchanged")
            continue
        cpu, peak = spent[stage.stage]
        counts = ", ".join(f"{name} {n:,}" for name, n in stage.report.counts.items() if n)
        print(f"  {stage.stage:<11}{stage.seconds:6.1f} s {cpu:6.1f} cpu {peak:5.2f} GiB  {counts}")
        for note in stage.report.notes:
            print(f"  {'':<11}{note}")


def _peak() -> float:
    """Return the highest memory that the process has held, in GiB (Linux counts in KiB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


if __name__ == "__main__":
    main()
