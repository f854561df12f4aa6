"""Real-time resolution in one process: time of an answer, cold start and memory, at any size.

`python benchmarks/resolve.py --records 1000000` makes invented customers (`scale_data`), trains a
model on 100,000 of them, and writes the lookup of all but some held-out records. A process of its
own then starts cold from the files alone (model, lookup, assignment), and resolves the held-out
records one after another: messy fields in, ranked profiles out, normalising included. The
assignment is the truth of the generator, so that the figures are of resolving, not of the run.

`--keep DIR` keeps the files, and finds them there the next time.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter, process_time, thread_time
from typing import Any, Final

import numpy as np
import polars as pl
from scale_data import generate

from cdp.identity.arrival import Reader
from cdp.identity.artefact_files import save
from cdp.identity.lookup import About, Lookup, write_lookup
from cdp.identity.model_files import read_model
from cdp.identity.normalise import normalise
from cdp.identity.records import conform
from cdp.identity.resolve import resolve
from cdp.realtime.judging import Judging
from cdp.realtime.loading import settle
from cdp.realtime.resolver import Resolver
from cdp.store import scratch

KIND: Final = "person"
TRAINED_ON: Final = 100_000
FIELDS: Final = (
    *("given_name", "family_name", "birth_date", "gender", "emails", "phones", "street"),
    *("city", "postcode", "company", "source"),
)
SEED: Final = 1


class TruthOwners:
    """The generator's own assignment, as arrays."""

    def __init__(self, truth: pl.DataFrame) -> None:
        self._owner = dict(truth.iter_rows())
        grouped = truth.group_by("entity").agg(pl.col("record_id").sort())
        self._records = dict(grouped.iter_rows())

    def owner(self, kind: str, record_id: str) -> str | None:
        """Return the person of a record."""
        return self._owner.get(record_id) if kind == KIND else None

    def records(self, owner: str) -> list[str]:
        """Return the records of a person."""
        found: list[str] = self._records.get(owner, [])
        return found


def main() -> None:
    """Build the files where they are missing, then measure in a process of its own."""
    chosen = _arguments()
    if chosen.measure:
        print(json.dumps(_measured(chosen.keep, chosen.queries)))
        return
    with tempfile.TemporaryDirectory(prefix="cdp-resolve-") as name:
        folder = chosen.keep or Path(name)
        if not (folder / "queries.parquet").exists():
            folder.mkdir(parents=True, exist_ok=True)
            print(json.dumps(_built(folder, chosen.records, chosen.queries)), file=sys.stderr)
        command = [sys.executable, __file__, "--measure", "--keep", str(folder)]
        done = subprocess.run(
            [*command, "--queries", str(chosen.queries)],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        _print(json.loads(done.stdout.splitlines()[-1]))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=2_000, help="held-out records to resolve")
    parser.add_argument("--keep", type=Path, help="folder for the files")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def _built(folder: Path, size: int, queries: int) -> dict[str, float]:
    """Write model, lookup, truth and held-out records; return CPU seconds by step."""
    records, truth = generate(size + queries, SEED)
    held = np.random.default_rng(SEED).choice(len(records), queries, replace=False)
    is_held = np.isin(np.arange(len(records)), held)
    records.filter(pl.Series(is_held)).write_parquet(folder / "queries.parquet")
    base = conform(records.filter(pl.Series(~is_held)))
    truth.filter(pl.Series(~is_held)).write_parquet(folder / "truth.parquet")
    truth.filter(pl.Series(is_held)).write_parquet(folder / "answers.parquet")
    del records, truth
    begun = process_time()
    sample = base.sample(min(TRAINED_ON, len(base)), seed=SEED).sort("record_id")
    model = resolve(sample, scratch(), seed=SEED).model
    save(model, folder / "model")
    trained = process_time()
    part = model.parts[KIND]
    columns, _ = normalise(base, scratch(), traits=part.traits, key=model.key)
    normalised = process_time()
    write_lookup(folder / "lookup.bin", columns, part, About(KIND, "benchmark", len(columns)))
    return {
        "train": trained - begun,
        "normalise": normalised - trained,
        "write lookup": process_time() - normalised,
    }


def _measured(folder: Path, queries: int) -> dict[str, Any]:
    """Return the figures of a cold start and of every query."""
    owners = TruthOwners(pl.read_parquet(folder / "truth.parquet"))
    held = pl.read_parquet(folder / "queries.parquet").head(queries)
    answers = dict(pl.read_parquet(folder / "answers.parquet").iter_rows())
    fields = [_fields(row) for row in held.to_dicts()]
    before = _mebibytes()
    begun, begun_cpu = perf_counter(), process_time()
    model = read_model(folder / "model", b"")
    part = model.parts[KIND]
    lookup = Lookup(folder / "lookup.bin", part.plan, part.latent.comparisons)
    resolver = Resolver(Reader(model, scratch()), {KIND: Judging(part, lookup, b"")}, owners)
    resolver.resolve(fields[0])
    settle()
    cold = {"wall": perf_counter() - begun, "cpu": process_time() - begun_cpu}
    seconds, processor, alone, loops, compared, hits, wrong = [], [], [], [], [], 0, 0
    for record_id, given in zip(held["record_id"], fields, strict=True):
        interrupted = _interruptions()
        start, start_cpu = perf_counter(), thread_time()
        answer = resolver.resolve(given)
        seconds.append(perf_counter() - start)
        processor.append(thread_time() - start_cpu)
        if _interruptions() == interrupted:
            alone.append(processor[-1])
        loops.append(_loop())
        compared.append(answer.compared)
        is_right = answer.verdict == "match" and answer.candidates[0].id == answers[record_id]
        hits += is_right
        wrong += answer.verdict == "match" and not is_right
    known = sum(bool(owners.records(answers[record_id])) for record_id in held["record_id"])
    return {
        "records": len(lookup),
        "rules": len(part.plan.rules),
        "queries": len(fields),
        "p50 ms": float(np.percentile(seconds, 50) * 1e3),
        "p99 ms": float(np.percentile(seconds, 99) * 1e3),
        "p50 CPU ms": float(np.percentile(processor, 50) * 1e3),
        "p99 CPU ms": float(np.percentile(processor, 99) * 1e3),
        "answers no other process interrupted": len(alone),
        "p50 CPU ms of these": float(np.percentile(alone, 50) * 1e3),
        "p99 CPU ms of these": float(np.percentile(alone, 99) * 1e3),
        "plain loop of 20,000 steps beside it, p50 CPU ms": float(np.median(loops) * 1e3),
        "cold start s": cold["wall"],
        "cold start CPU s": cold["cpu"],
        "memory MiB beside the assignment": _mebibytes() - before,
        "lookup file MiB": (folder / "lookup.bin").stat().st_size / 2**20,
        "records compared, mean": float(np.mean(compared)),
        "records compared, p99": float(np.percentile(compared, 99)),
        "of a known person": known,
        "matched rightly": hits,
        "matched wrongly": wrong,
    }


def _fields(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in FIELDS if row.get(name)}


def _interruptions() -> int:
    """Return how often another process took the processor from this thread."""
    return resource.getrusage(resource.RUSAGE_THREAD).ru_nivcsw


def _loop() -> float:
    """Return the CPU seconds of a plain loop of 20,000 steps, to compare machines and hours by."""
    start, total = thread_time(), 0
    for step in range(20_000):
        total += step
    return thread_time() - start


def _mebibytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _print(figures: dict[str, Any]) -> None:
    print("| figure | value |\n| --- | ---: |")
    for name, value in figures.items():
        print(
            f"| {name} | {value:,.3f} |" if isinstance(value, float) else f"| {name} | {value:,} |"
        )


if __name__ == "__main__":
    main()
