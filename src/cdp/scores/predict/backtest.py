"""Try the forecast on the past: learn as of a day, compare with what came, window by window.

Invariant: a window's model, table and base rate learned only from outcomes that lay before the
window's origin.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cdp.scores.predict import measures
from cdp.scores.predict.ensemble import Ensemble, Outlook, learned
from cdp.scores.predict.naive import by_level
from cdp.scores.predict.panel import RHYTHM, panel, sampled
from cdp.scores.predict.schedule import trainable, trial
from cdp.scores.predict.snapshot import FEATURES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cdp.scores.predict.log import PurchaseLog
    from cdp.scores.predict.measures import Numbers
    from cdp.scores.predict.panel import Extra, Panel
    from cdp.scores.predict.schedule import Trial, Window

LEAK, LEAK_ABOVE = 0.9, 0.05
"""AUC of one feature alone, and its lead over the log's own, that cannot be believed."""


@dataclass(frozen=True, slots=True)
class Trialled:
    """Figures of one window; errors of totals are shares of what came, .1 is 10 % too many.

    Attributes:
        origin: day the forecast was made at (days since 1970-01-01).
        is_year_ago: whether it looks at this season of last year.
        customers: customers with a purchase until then.
        buyers: those who bought within the window.
        brier: mean squared error of the model's chance to buy.
        brier_base: likewise of the share that bought before.
        brier_table: likewise of the recency x frequency table.
        slope: calibration slope; 1 is right.
        total_buyers: error of the number of buyers.
        total_purchases: error of the number of purchases.
        total_spend: error of the money; None without amounts.
        deviance: mean Poisson deviance of purchases.
        deviance_rate: likewise of the past rate, brought to the level of what was learned from.
        capture: share of the money spent by the tenth that was said to spend most.
        capture_spent: likewise of the tenth that had spent most before.
        auc: chance that a buyer was ranked above a non-buyer.
        auc_recency: likewise by the last purchase alone.
    """

    origin: int
    is_year_ago: bool
    customers: int
    buyers: int
    brier: float
    brier_base: float
    brier_table: float
    slope: float
    total_buyers: float
    total_purchases: float
    total_spend: float | None
    deviance: float
    deviance_rate: float
    capture: float | None
    capture_spent: float | None
    auc: float
    auc_recency: float


@dataclass(frozen=True, slots=True)
class Backtest:
    """What trying on the past showed.

    Attributes:
        length: days of each window.
        history: days from the first purchase to the last one known.
        customers: customers with a purchase, in the whole log.
        repeaters: those with purchases on two days or more.
        amounts: share of purchases of known amount.
        windows: figures, latest window first, the one a year ago last.
        rival: `base` or `table`, whichever was better over all windows.
        gain: mean Brier score of the rival less the model's, over all windows.
        gain_low: lower end of its 95 % interval, customers drawn whole.
        gain_high: upper end.
        slope: calibration slope over all windows.
        calibration: by tenth of the chance said: customers, said, came.
        suspects: further features that tell buyers apart better than can be believed.
    """

    length: int
    history: int
    customers: int
    repeaters: int
    amounts: float
    windows: tuple[Trialled, ...]
    rival: str
    gain: float
    gain_low: float
    gain_high: float
    slope: float
    calibration: tuple[dict[str, float], ...]
    suspects: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Told:
    """Rows of one window with what was said of them."""

    customer: NDArray[np.uint32]
    bought: Numbers
    model: Numbers
    base: Numbers
    table: Numbers


def backtest(
    log: PurchaseLog, until: int, horizon_days: int, seed: int = 1, *, extra: Extra | None = None
) -> Backtest:
    """Return how the forecast of `train` would have done in windows before the day `until`."""
    known = log.until(until)
    first = known.first_day
    plan = trial(first, until, trainable(first, until, horizon_days))
    some = sampled(known, seed)
    rows = panel(some, plan.cuts, plan.length, extra=extra)
    return tried(known, rows, plan, until=until, seed=seed)


def tried(log: PurchaseLog, rows: Panel, plan: Trial, *, until: int, seed: int) -> Backtest:
    """Return the back-test over snapshots that were taken already (`plan.cuts`)."""
    with_spend = log.has_amounts > 0
    done = [_window(rows, window, with_spend=with_spend, seed=seed) for window in plan.windows]
    days = log.purchases.group_by("customer").len()["len"].to_numpy()
    told = [t for _, t in done]
    rival, gain, low, high = _pooled(told, seed) if told else ("base", 0.0, 0.0, 0.0)
    said = np.concatenate([t.model for t in told]) if told else np.empty(0)
    bought = np.concatenate([t.bought for t in told]) if told else np.empty(0)
    return Backtest(
        length=plan.length,
        history=until - log.first_day if len(days) else 0,
        customers=len(days),
        repeaters=int((days > 1).sum()),
        amounts=log.has_amounts,
        windows=tuple(figures for figures, _ in done),
        rival=rival,
        gain=gain,
        gain_low=low,
        gain_high=high,
        slope=measures.slope(said, bought),
        calibration=tuple(measures.calibration(said, bought)),
        suspects=suspects(rows),
    )


def _pooled(told: list[_Told], seed: int) -> tuple[str, float, float, float]:
    customer = np.concatenate([t.customer for t in told])
    bought = np.concatenate([t.bought for t in told])
    errors = {
        name: (np.concatenate([getattr(t, name) for t in told]) - bought) ** 2
        for name in ("model", "base", "table")
    }
    rival = min(("table", "base"), key=lambda name: float(errors[name].mean()))
    gain = errors[rival] - errors["model"]
    low, high = measures.interval(gain, customer, seed=seed)
    return rival, float(gain.mean()), low, high


def _window(rows: Panel, window: Window, *, with_spend: bool, seed: int) -> tuple[Trialled, _Told]:
    model = learned(rows.at(*window.cuts), with_spend=with_spend, seed=seed)
    now = rows.at(window.origin)
    said, plain = model.outlook(now), model.plain(now)
    base = np.full(len(now.cut), model.naive.base)
    told = _Told(now.customer, now.bought, said.p, base, plain.p)
    return _figures(now, window, model, (said, plain), with_spend=with_spend), told


def _figures(
    now: Panel,
    window: Window,
    model: Ensemble,
    outlooks: tuple[Outlook, Outlook],
    *,
    with_spend: bool,
) -> Trialled:
    said, plain = outlooks
    bought, spend = now.bought, np.maximum(now.spend, 0.0)
    rate = by_level(now.column("rate"), model.naive)
    return Trialled(
        origin=window.origin,
        is_year_ago=window.is_year_ago,
        customers=len(bought),
        buyers=int(bought.sum()),
        brier=measures.brier(said.p, bought),
        brier_base=measures.brier(np.full(len(bought), model.naive.base), bought),
        brier_table=measures.brier(plain.p, bought),
        slope=measures.slope(said.p, bought),
        total_buyers=measures.total_error(said.p, bought),
        total_purchases=measures.total_error(said.e, now.count),
        total_spend=measures.total_error(said.spend, spend) if with_spend else None,
        deviance=measures.deviance(said.e, now.count),
        deviance_rate=measures.deviance(rate, now.count),
        capture=measures.capture(said.spend, spend) if with_spend else None,
        capture_spent=measures.capture(now.spent, spend) if with_spend else None,
        auc=measures.auc(said.p, bought),
        auc_recency=measures.auc(-now.column("recency"), bought),
    )


def suspects(rows: Panel) -> tuple[str, ...]:
    """Return further features that tell who will buy better than can be believed.

    That is: alone, by value or by being there at all, AUC of .9 or more, and .05 above the best
    of the log's own recency, rate and rhythm. Such a feature was most likely filled in afterwards.
    """
    own = {*FEATURES, *RHYTHM}
    further = [name for name in rows.names if name not in own]
    if not further:
        return ()
    bought = rows.bought
    best = max(_alone(rows.column(name), bought) for name in ("recency", "rate", "p_alive"))
    return tuple(
        name
        for name in further
        if _alone(rows.column(name), bought) >= max(LEAK, best + LEAK_ABOVE)
    )


def _alone(value: Numbers, bought: Numbers) -> float:
    missing = np.isnan(value)
    filled = np.where(missing, np.min(value, initial=0.0, where=~missing) - 1, value)
    found = [measures.auc(v, bought) for v in (filled, missing.astype(float))]
    return float(np.nanmax([0.5, *(max(a, 1 - a) for a in found)]))
