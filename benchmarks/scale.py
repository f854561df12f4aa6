"""Speed, memory and quality of identity resolution at 100k, 1M and 3M records, beside a peer.

`python benchmarks/scale.py --sizes 100000 1000000 3000000 --repeat 3` makes seeded records of
invented customers (`scale_data`: households, nicknames, typing errors, shared and placeholder
contacts, 1.95 records a person), resolves them by `cdp.identity.resolve` and by the peer
(`scale_peer`: plain Splink with eight equality rules on the same normalised columns), each
measurement in a process of its own, and prints the median CPU seconds, peak memory, pairwise
precision, recall and F1, and the clusters that hold two people. The identity stage is all of
`resolve`: normalising, training, blocking, comparing, clustering. CPU seconds are user and system
time of the process, so other work on the machine hardly matters.

How this relates to its neighbour: `identity.py` is the table of quality on small labelled sets
made by others; this is the table of cost on large sets of our own making. Both run the engine as
it is, in one and the same configuration.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any, Final

import polars as pl
from pairs import Score, pairwise
from scale_data import generate
from scale_peer import WEIGHT, best, clustered, peer

from cdp.identity.resolve import Mode, resolve
from cdp.store import scratch

RESULTS: Final = Path(__file__).parent / "RESULTS.md"
TITLE: Final = "## Identity at scale"
THRESHOLDS: Final = range(WEIGHT, 25)
MODES: Final[dict[str, Mode]] = {"strict": "strict", "lenient": "lenient"}
METHODS: Final = (*MODES, "peer")
HEAD: Final = (
    "records | method | CPU s | x peer | wall s | peak GiB | pairs a record | "
    "P | R | F1 | mixed clusters"
)


def main() -> None:
    """Run the measurement asked for, or all of them in processes of their own."""
    chosen = _arguments()
    if chosen.one:
        print(json.dumps(_measured(chosen.one, chosen.folder, chosen.model_seed)))
        return
    lines = [f"| {HEAD} |", "|" + " --- |" * (HEAD.count("|") + 1)]
    for size in chosen.sizes:
        lines += _size(size, chosen)
    print("\n".join(lines))
    if chosen.write:
        _write("\n".join(lines))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000], help="records")
    parser.add_argument("--repeat", type=int, default=3, help="runs a figure; the median counts")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=["strict", "peer"])
    parser.add_argument("--data-seed", type=int, default=1, help="of the invented customers")
    parser.add_argument("--write", action="store_true", help="into benchmarks/RESULTS.md")
    parser.add_argument("--one", choices=METHODS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--model-seed", type=int, default=1, help=argparse.SUPPRESS)
    return parser.parse_args()


def _size(size: int, chosen: argparse.Namespace) -> list[str]:
    """Return the lines of one size."""
    with tempfile.TemporaryDirectory(prefix="cdp-scale-") as name:
        folder = Path(name)
        records, truth = generate(size, chosen.data_seed)
        records.write_parquet(folder / "records.parquet")
        truth.write_parquet(folder / "truth.parquet")
        del records, truth
        runs: dict[str, list[dict[str, Any]]] = {method: [] for method in chosen.methods}
        for turn in range(chosen.repeat):
            for method in chosen.methods:
                runs[method].append(_child(method, folder, turn + 1))
                print(size, method, json.dumps(runs[method][-1]), file=sys.stderr, flush=True)
    peer_cpu = median(run["cpu"] for run in runs["peer"]) if "peer" in runs else float("nan")
    return [_line(size, method, found, peer_cpu) for method, found in runs.items()] + [
        _best_line(size, runs["peer"]) for _ in range("peer" in runs)
    ]


def _child(method: str, folder: Path, seed: int) -> dict[str, Any]:
    command = [sys.executable, __file__, "--one", method, "--folder", str(folder)]
    done = subprocess.run(
        [*command, "--model-seed", str(seed)], check=True, stdout=subprocess.PIPE, text=True
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _measured(method: str, folder: Path, seed: int) -> dict[str, Any]:
    """Return the figures of one run; reading the records is counted, scoring the answer is not."""
    truth = pl.scan_parquet(folder / "truth.parquet")
    begun = perf_counter()
    records = pl.read_parquet(folder / "records.parquet")
    connection = scratch()
    figures: dict[str, Any] = {}
    if method == "peer":
        ids, pairs = peer(records, connection)
        found = clustered(ids, pairs, WEIGHT)
        figures |= _cost(begun) | {"pairs": len(pairs)}
        threshold, score = best(truth.collect(), ids, pairs, THRESHOLDS)
        mixed = _mixed(truth.collect(), clustered(ids, pairs, threshold))
        figures["best"] = {"threshold": threshold, **_quality(score), "mixed": mixed}
    else:
        answer = resolve(records, connection, mode=MODES[method], seed=seed)
        found = answer.clusters
        figures |= _cost(begun) | {"pairs": answer.report.pairs, "steps": answer.report.seconds}
    figures |= _quality(pairwise(truth.collect(), found))
    return figures | {"mixed": _mixed(truth.collect(), found)}


def _cost(begun: float) -> dict[str, float]:
    return {
        "cpu": process_time(),
        "wall": perf_counter() - begun,
        "gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }


def _quality(score: Score) -> dict[str, float]:
    return {"p": score.precision, "r": score.recall, "f1": score.f1}


def _mixed(truth: pl.DataFrame, found: pl.DataFrame) -> int:
    both = truth.join(found, on="record_id").group_by("cluster")
    return int((both.agg(pl.col("entity").n_unique())["entity"] > 1).sum())


def _line(size: int, method: str, runs: list[dict[str, Any]], peer_cpu: float) -> str:
    middle = {name: median(run[name] for run in runs) for name in ("cpu", "wall", "gib", "pairs")}
    name = f"peer at {WEIGHT}" if method == "peer" else f"ours, {method}"
    return _row(
        f"{size:,}",
        name,
        f"{middle['cpu']:.1f}",
        f"{middle['cpu'] / peer_cpu:.2f}",
        f"{middle['wall']:.1f}",
        f"{middle['gib']:.2f}",
        f"{middle['pairs'] / size:.2f}",
        *(f"{median(run[figure] for run in runs):.4f}" for figure in ("p", "r", "f1")),
        f"{median(run['mixed'] for run in runs):,.0f}",
    )


def _best_line(size: int, runs: list[dict[str, Any]]) -> str:
    chosen = sorted(runs, key=lambda run: float(run["best"]["f1"]))[len(runs) // 2]["best"]
    figures = (f"{chosen[figure]:.4f}" for figure in ("p", "r", "f1"))
    name = f"peer at its best, {chosen['threshold']}"
    return _row(f"{size:,}", name, *[""] * 5, *figures, f"{chosen['mixed']:,}")


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def _write(table: str) -> None:
    """Replace this section of RESULTS.md and leave the others."""
    when = datetime.now(UTC).date()  # noqa: TID251 - stamps the table
    libraries = ", ".join(f"{name} {version(name)}" for name in ("splink", "duckdb", "polars"))
    note = (
        f"{when}, {os.cpu_count()} cores, {platform.machine()}, Python "
        f"{platform.python_version()}, {libraries}. `benchmarks/scale.py --help` says what is "
        "measured; the peer is plain Splink on the same normalised columns. *Pairs a record*: "
        "compared by us, predicted by the peer. *Mixed clusters* hold records of two people."
    )
    old = RESULTS.read_text(encoding="utf-8")
    before, found, after = old.partition(TITLE)
    rest = after.partition("\n## ")
    tail = f"\n## {rest[2]}" if found and rest[1] else ""
    text = before.rstrip("\n") + f"\n\n{TITLE}\n\n{note}\n\n{table}\n" + tail
    RESULTS.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
