"""The gate lets through what proved itself, and refuses or marks what did not."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from cdp.scores.predict.backtest import Backtest, Trialled, backtest, tried
from cdp.scores.predict.gate import judge
from cdp.scores.predict.log import PurchaseLog, purchase_log
from cdp.scores.predict.panel import panel
from cdp.scores.predict.schedule import trial
from purchase_logs import START, buyers, log_of

UNTIL = START + 360
LENGTH = 70


@pytest.fixture(scope="module")
def log() -> PurchaseLog:
    return log_of(500, 361)


def _tried(log: PurchaseLog, *, shuffled: bool) -> Backtest:
    plan = trial(log.first_day, UNTIL, LENGTH)
    rows = panel(log, plan.cuts, plan.length)
    if shuffled:
        order = np.arange(len(rows.cut))
        random = np.random.default_rng(4)
        for cut in plan.cuts:
            mine = np.flatnonzero(rows.cut == cut)
            order[mine] = random.permutation(mine)
        rows = replace(rows, count=rows.count[order], spend=rows.spend[order])
    return tried(log, rows, plan, until=UNTIL, seed=1)


def test_a_sound_log_is_published(log: PurchaseLog) -> None:
    found = _tried(log, shuffled=False)
    verdict = judge(found, LENGTH)
    assert verdict.status == "published"
    assert verdict.line.startswith("published: no_seasonal_check")
    assert found.gain_low > 0
    assert len(verdict.table) == len(found.windows) >= 3


def test_a_shuffled_target_is_refused(log: PurchaseLog) -> None:
    verdict = judge(_tried(log, shuffled=True), LENGTH)
    assert verdict.status == "not_better_than_baseline"
    assert verdict.is_refused
    assert "95 % interval" in verdict.line


@pytest.mark.long
def test_a_feature_filled_in_afterwards_is_refused(log: PurchaseLog) -> None:
    rows = log.purchases

    def leaking(cuts: object) -> pl.DataFrame:
        told = []
        for cut in list(cuts):  # type: ignore[call-overload]  # a sequence of days
            later = rows.filter(pl.col("day").is_between(cut + 1, cut + LENGTH))
            told.append(
                rows.select("customer")
                .unique(maintain_order=True)
                .with_columns(
                    cut=pl.lit(cut),
                    harmless=pl.col("customer").hash(1).cast(pl.Float64),
                    last_seen=pl.when(pl.col("customer").is_in(later["customer"].implode())).then(
                        1.0
                    ),
                )
            )
        return pl.concat(told)

    verdict = judge(backtest(log, UNTIL, LENGTH, extra=leaking), LENGTH)
    assert verdict.status == "leak_suspected"
    assert verdict.reasons == ("last_seen knows too well who will buy",)


def _season(day: np.ndarray) -> np.ndarray:
    """Hardly anybody buys but in the last ten weeks of each year of the log."""
    return np.where(day % 365 > 295, 1.0, 0.25)


@pytest.mark.long
def test_a_seasonal_break_is_refused_or_marked() -> None:
    log = purchase_log(buyers(700, 731, busy=_season))
    found = backtest(log, START + 365 + 295, 70)
    assert found.windows[-1].is_year_ago
    assert found.windows[-1].total_buyers < -0.5
    verdict = judge(found, 70)
    assert verdict.status in {"ranking_only", "not_better_than_baseline"}


WINDOW = Trialled(
    origin=0,
    is_year_ago=False,
    customers=1000,
    buyers=100,
    brier=0.08,
    brier_base=0.1,
    brier_table=0.09,
    slope=1.0,
    total_buyers=0.1,
    total_purchases=0.1,
    total_spend=0.1,
    deviance=1.0,
    deviance_rate=1.2,
    capture=0.5,
    capture_spent=0.4,
    auc=0.8,
    auc_recency=0.8,
)
GOOD = Backtest(
    length=90,
    history=500,
    customers=1000,
    repeaters=400,
    amounts=1.0,
    windows=(WINDOW, WINDOW, replace(WINDOW, is_year_ago=True)),
    rival="table",
    gain=0.01,
    gain_low=0.005,
    gain_high=0.02,
    slope=1.0,
    calibration=(),
    suspects=(),
)


def _windows(**change: float | None) -> tuple[Trialled, ...]:
    return tuple(replace(w, **change) for w in GOOD.windows)  # type: ignore[arg-type]  # a table


@pytest.mark.parametrize(
    ("found", "status", "purchases", "spend"),
    [
        (GOOD, "published", "published", "published"),
        (replace(GOOD, customers=199), *["insufficient_data"] * 3),
        (replace(GOOD, repeaters=99), *["insufficient_data"] * 3),
        (replace(GOOD, history=269), *["insufficient_data"] * 3),
        (replace(GOOD, windows=GOOD.windows[:1]), *["insufficient_data"] * 3),
        (replace(GOOD, windows=_windows(buyers=16)), *["insufficient_data"] * 3),
        (replace(GOOD, windows=_windows(buyers=971)), *["insufficient_data"] * 3),
        (replace(GOOD, gain_low=0.0), *["not_better_than_baseline"] * 3),
        (replace(GOOD, windows=_windows(brier=0.095)), *["not_better_than_baseline"] * 3),
        (replace(GOOD, slope=1.5), *["ranking_only"] * 3),
        (replace(GOOD, slope=float("nan")), *["ranking_only"] * 3),
        (replace(GOOD, windows=_windows(total_buyers=-0.3)), *["ranking_only"] * 3),
        (replace(GOOD, windows=_windows(total_purchases=0.3)), "published", "ranking_only", None),
        (replace(GOOD, windows=_windows(deviance=1.3)), "published", GOOD, None),
        (replace(GOOD, windows=_windows(total_spend=0.3)), "published", None, "ranking_only"),
        (replace(GOOD, windows=_windows(capture=0.3)), "published", None, GOOD),
        (replace(GOOD, amounts=0.5), "published", "published", "insufficient_data"),
    ],
)
def test_each_rule(found: Backtest, status: str, purchases: object, spend: object) -> None:
    verdict = judge(found, 90)
    assert verdict.status == status
    naive = "not_better_than_baseline"
    for said, expected in ((verdict.purchases, purchases), (verdict.spend, spend)):
        if expected is not None:
            assert said == (naive if expected is GOOD else expected)


def test_marks() -> None:
    assert judge(GOOD, 90).marks == ()
    assert judge(GOOD, 180).marks == ("shorter_backtest",)
    assert judge(GOOD, 180, is_extrapolated=True).marks == ("extrapolated",)
    assert judge(replace(GOOD, history=300), 90).marks == ("no_seasonal_check",)
    assert judge(replace(GOOD, windows=GOOD.windows[:2]), 90).marks == ("no_seasonal_check",)
    assert judge(replace(GOOD, amounts=0.0), 90).marks == ("spend_insufficient_data",)
    assert judge(GOOD, 9000, is_too_far=True).status == "insufficient_data"
