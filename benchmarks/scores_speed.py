"""How long a forecast takes on a generated log, and what memory it needs."""

from __future__ import annotations

import resource
import tempfile
from datetime import date
from itertools import pairwise
from pathlib import Path
from time import perf_counter, process_time

import numpy as np
import polars as pl

from cdp.scores.predict.door import forecast_file
from cdp.scores.predict.forecast import train
from cdp.scores.predict.log import day_number
from cdp.scores.predict.purchase_file import read_purchases

DAYS = 730
UNTIL = date(2025, 12, 31)


def generated(customers: int, path: Path, seed: int = 1) -> int:
    """Write a log of so many invented customers and return its rows; rate and dropout differ."""
    random = np.random.default_rng(seed)
    first = random.integers(0, DAYS, customers)
    rate = random.gamma(0.6, 1 / 30, customers)
    alive = np.minimum(random.exponential(250, customers), DAYS - first)
    repeats = random.poisson(rate * alive)
    who = np.repeat(np.arange(customers), repeats + 1)
    begins = np.zeros(len(who), dtype=bool)
    begins[np.cumsum(repeats + 1) - repeats - 1] = True
    offset = np.where(begins, 0, random.random(len(who)) * alive[who])
    day = (first[who] + offset).astype(np.int32) + (day_number(UNTIL) - DAYS + 1)
    pl.DataFrame(
        {
            "customer_id": pl.Series(who).cast(pl.String),
            "ts": pl.Series(np.minimum(day, day_number(UNTIL))).cast(pl.Date),
            "amount": np.round(random.lognormal(3.2, 0.6, len(who)), 2),
        }
    ).write_parquet(path)
    return len(who)


def speed(customers: int) -> list[str]:
    """Return wall seconds and peak memory of `cdp forecast` on a generated log."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.parquet"
        rows = generated(customers, path)
        report = forecast_file(
            path, Path(folder) / "scores.csv", until=UNTIL, horizon_days=90, tell=print
        )
        log = read_purchases(path, day_number(UNTIL)).log
        clocks = [(perf_counter(), process_time())]
        model = train(log, day_number(UNTIL), 90)
        clocks.append((perf_counter(), process_time()))
        model.predict(log)
        clocks.append((perf_counter(), process_time()))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    steps = ", ".join(f"{name} {value:.1f}" for name, value in report.seconds.items())
    (wall_train, work_train), (wall_predict, work_predict) = (
        (after[0] - before[0], after[1] - before[1]) for before, after in pairwise(clocks)
    )
    return [
        (
            f"Speed, {customers:,} generated customers with {rows:,} purchases, horizon 90 days, "
            f"wall seconds on a machine shared with other work: `cdp forecast` in all "
            f"{sum(report.seconds.values()):.0f} ({steps}); training alone {wall_train:.1f} "
            f"({work_train:.1f} of processor), predictions alone {wall_predict:.1f} "
            f"({work_predict:.1f} of processor); peak memory {peak:.1f} GiB."
        ),
    ]
