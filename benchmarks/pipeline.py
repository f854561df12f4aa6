"""Raw files to a published generation at any size, and what a delivery more costs.

`python benchmarks/pipeline.py --records 1000000 --delta 1000 10000` makes a workspace
(`pipeline_data`: three sources of customers, as many orders and as many web events), carries out a
full run in a process of its own, then a run for each delivery of so many rows, and prints CPU
seconds and peak memory by stage and in all, and each delivery's share of the full run. CPU seconds
are user and system time of the process.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline_data import write_delta, write_workspace

from cdp import pipeline
from cdp.settings import Settings, Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

CLOCK = datetime(2026, 7, 1, 6, tzinfo=UTC)


def main() -> None:
    """Measure a full run and deliveries, each in a process of its own."""
    chosen = _arguments()
    if chosen.one:
        print(json.dumps(_measured(chosen.folder, chosen.to)))
        return
    with tempfile.TemporaryDirectory(prefix="cdp-pipeline-") as name:
        folder = chosen.folder or Path(name)
        write_workspace(folder, chosen.records, chosen.seed)
        full = _child(folder, chosen.to)
        print(*_lines(f"{chosen.records:,} records, full", full, full), sep="\n", flush=True)
        for number, rows in enumerate(chosen.delta, start=1):
            write_delta(folder, rows, chosen.seed + number)
            found = _child(folder, chosen.to)
            print(*_lines(f"{rows:,} rows delivered", found, full), sep="\n", flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--records", type=int, default=100_000, help="customers' records")
    parser.add_argument("--delta", type=int, nargs="*", default=[], help="rows of each delivery")
    parser.add_argument("--seed", type=int, default=1, help="of the invented customers")
    parser.add_argument("--to", help="last stage to run")
    parser.add_argument("--folder", type=Path, help="where to work; default: a temporary folder")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def _child(folder: Path, to: str | None) -> dict[str, Any]:
    command = [sys.executable, __file__, "--one", "--folder", str(folder)]
    done = subprocess.run(
        [*command, *(["--to", to] if to else [])], check=True, stdout=subprocess.PIPE, text=True
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _measured(folder: Path, to: str | None) -> dict[str, Any]:
    """Return CPU seconds and peak memory by stage."""
    stages: dict[str, dict[str, float]] = {}
    begun = 0.0

    def observe(progress: pipeline.Progress) -> None:
        nonlocal begun
        if progress.moment == "started":
            begun = _cpu()
        elif progress.moment == "finished":
            stages[progress.stage] = {"cpu": _cpu() - begun, "gib": _gib()}

    workspace = Workspace(folder / "rules", folder / "data")
    request = pipeline.Request(to_stage=to)
    pipeline.run(workspace, Settings(), lambda: CLOCK, request, observe)
    return {"stages": stages, "cpu": _cpu(), "gib": _gib()}


def _cpu() -> float:
    return sum(resource.getrusage(resource.RUSAGE_SELF)[:2])


def _gib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def _lines(title: str, found: dict[str, Any], full: dict[str, Any]) -> Iterator[str]:
    yield f"{title}: {found['cpu']:.1f} CPU s ({found['cpu'] / full['cpu']:.0%} of the full run), "
    yield f"  peak {found['gib']:.2f} GiB"
    for stage, cost in found["stages"].items():
        yield f"  {stage:<12} {cost['cpu']:8.1f} CPU s   {cost['gib']:.2f} GiB"


if __name__ == "__main__":
    main()
