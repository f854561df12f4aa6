"""A purchase log in a file to a file of forecasts: what `cdp forecast` does.

Invariant: the output names every customer with a purchase until the day exactly once, or nothing
is written; numbers that the gate refused are naive ones, and their status says why.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from cdp.errors import InputError
from cdp.scores.predict.backtest import backtest
from cdp.scores.predict.columns import LogError
from cdp.scores.predict.forecast import train
from cdp.scores.predict.gate import judge
from cdp.scores.predict.log import as_date, day_number
from cdp.scores.predict.purchase_file import read_purchases

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from cdp.scores.predict.backtest import Backtest
    from cdp.scores.predict.forecast import Forecaster
    from cdp.scores.predict.gate import Verdict
    from cdp.scores.predict.log import PurchaseLog
    from cdp.scores.predict.purchase_file import Reading

SEED: Final = 1
FURTHEST: Final = 3
"""Histories that a horizon may be long at most; beyond, nothing is forecast."""
LONGEST: Final = 3650
COLUMNS: Final = (
    "customer_id",
    "p_buy",
    "expected_purchases",
    "expected_spend",
    "p_alive",
    "next_purchase_from",
    "next_purchase_to",
    "status",
)


@dataclass(frozen=True, slots=True)
class ForecastReport:
    """What a forecast was made from, how it did in the past, and where it lies; plain values."""

    out: str
    status: str
    reasons: tuple[str, ...]
    marks: tuple[str, ...]
    purchases_status: str
    spend_status: str
    horizon_days: int
    until: date
    customers: int
    totals: dict[str, float | None]
    data: dict[str, Any]
    training: dict[str, Any]
    gate: dict[str, Any]
    seconds: dict[str, float]


def forecast_file(
    path: Path,
    out: Path,
    *,
    until: date,
    horizon_days: int,
    seed: int = SEED,
    tell: Callable[[str], None] = lambda _: None,
) -> ForecastReport:
    """Write a forecast for every customer of a log and return how it was made.

    Raises:
        InputError: the log cannot be read, holds no purchase until then, or the horizon is not
            from 1 to 3650 days.
        OutputError: the file cannot be written.
    """
    _check(path, out, horizon_days)
    laps = _Laps([perf_counter()], {})
    day = day_number(until)
    tell(f"reading {path} ...")
    read = read_purchases(path, day)
    log = read.log
    if log.purchases.is_empty():
        msg = f"{path}: holds no purchase until {until}; give a later --until"
        raise LogError(msg)
    laps.end("read")
    tell("trying the forecast on the past ...")
    found = backtest(log, day, horizon_days, seed)
    laps.end("back-test")
    tell("training ...")
    forecaster = train(log, day, horizon_days, seed)
    laps.end("train")
    verdict = judged(found, forecaster)
    frame = forecasts(log, forecaster, verdict)
    laps.end("predict")
    write(frame, out)
    laps.end("write")
    return _report(out, read, frame, (forecaster, found, verdict), laps.seconds)


@dataclass(frozen=True, slots=True)
class _Laps:
    """Wall seconds by step."""

    marks: list[float]
    seconds: dict[str, float]

    def end(self, name: str) -> None:
        """Note how long the step took that ends now."""
        self.marks.append(perf_counter())
        self.seconds[name] = round(self.marks[-1] - self.marks[-2], 2)


def _check(path: Path, out: Path, horizon_days: int) -> None:
    if not 1 <= horizon_days <= LONGEST:
        msg = f"--horizon-days {horizon_days}: give 1 to {LONGEST} days"
        raise LogError(msg)
    if not out.parent.is_dir():
        msg = f"{out.parent}: there is no such folder to write {out.name} to; create it"
        raise LogError(msg)
    if out.exists() and path.exists() and out.samefile(path):
        msg = f"{out}: is the log itself; choose another path for the forecasts"
        raise LogError(msg)


def judged(found: Backtest, forecaster: Forecaster) -> Verdict:
    """Return what the gate says of a forecaster with this back-test."""
    return judge(
        found,
        forecaster.horizon,
        is_extrapolated=forecaster.is_extrapolated,
        is_too_far=forecaster.horizon > FURTHEST * max(found.history, 1),
    )


def forecasts(log: PurchaseLog, forecaster: Forecaster, verdict: Verdict) -> pl.DataFrame:
    """Return COLUMNS for every customer with a purchase, sorted by id.

    What the gate refused is naive; purchases or spend that are no better than naive alone, too.
    """
    said = forecaster.predict(log, naively=verdict.is_refused)
    parts = {"expected_purchases": verdict.purchases, "expected_spend": verdict.spend}
    poor = [name for name, status in parts.items() if status == "not_better_than_baseline"]
    if poor and not verdict.is_refused:
        plain = forecaster.predict(log, naively=True)
        said = said.with_columns(plain[name] for name in poor)
    ids = log.ids.gather(said["customer"]).alias("customer_id")
    return said.with_columns(ids, pl.lit(verdict.line).alias("status")).select(COLUMNS)


class OutputError(InputError):
    """The forecasts cannot be written where they were asked for."""


def write(frame: pl.DataFrame, out: Path) -> None:
    """Put the forecasts at `out` in one step: readers see the old file or the whole new one.

    Raises:
        OutputError: the disk refuses.
    """
    handle, name = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name}.")
    os.close(handle)
    unfinished = Path(name)
    try:
        frame.write_csv(unfinished, float_precision=6)
        unfinished.replace(out)
    except OSError as error:
        msg = f"{out}: cannot be written ({error.strerror}); free some room or choose another path"
        raise OutputError(msg) from error
    finally:
        unfinished.unlink(missing_ok=True)


def _report(
    out: Path,
    read: Reading,
    frame: pl.DataFrame,
    made: tuple[Forecaster, Backtest, Verdict],
    seconds: dict[str, float],
) -> ForecastReport:
    forecaster, found, verdict = made
    totals = frame.select(
        buyers=pl.col("p_buy").sum(),
        purchases=pl.col("expected_purchases").sum(),
        spend=pl.col("expected_spend").sum(),
    ).row(0, named=True)
    return ForecastReport(
        out=str(out),
        status=verdict.status,
        reasons=verdict.reasons,
        marks=verdict.marks,
        purchases_status=verdict.purchases,
        spend_status=verdict.spend,
        horizon_days=forecaster.horizon,
        until=as_date(forecaster.until),
        customers=len(frame),
        totals=totals if forecaster.has_spend else {**totals, "spend": None},
        data=_data(read, found),
        training={
            "days_ahead": forecaster.length,
            "cut_offs": [as_date(cut) for cut in forecaster.cuts],
            "rows": forecaster.rows,
            "rhythm": asdict(forecaster.rhythm),
            "seed": forecaster.seed,
        },
        gate=_gate(found, verdict),
        seconds=seconds,
    )


def _data(read: Reading, found: Backtest) -> dict[str, Any]:
    log = read.log
    return {
        "columns": {name: value for name, value in asdict(read.columns).items() if value},
        "rows": read.rows,
        "left_out": read.left_out,
        "notes": read.notes,
        "purchase_days": len(log.purchases),
        "repeaters": found.repeaters,
        "first_day": as_date(log.first_day),
        "last_day": as_date(int(log.rows["day"].to_numpy().max())),
        "with_amount": round(found.amounts, 4),
    }


def _gate(found: Backtest, verdict: Verdict) -> dict[str, Any]:
    return {
        "days": found.length,
        "windows": [{**row, "origin": as_date(row["origin"])} for row in verdict.table],
        "rival": found.rival,
        "brier_gain": found.gain,
        "brier_gain_interval": (found.gain_low, found.gain_high),
        "slope": found.slope,
        "calibration": found.calibration,
    }
