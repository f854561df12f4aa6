"""A forecast learned and tried on the past: what scores of one horizon and population share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cdp.scores.predict.backtest import Backtest, tried
from cdp.scores.predict.ensemble import learned
from cdp.scores.predict.forecast import Forecaster, train
from cdp.scores.predict.gate import Verdict, judge
from cdp.scores.predict.panel import Panel, panel, sampled
from cdp.scores.predict.schedule import trainable, trial

if TYPE_CHECKING:
    from cdp.scores.predict.log import PurchaseLog
    from cdp.scores.predict.schedule import Trial


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """One forecast.

    Attributes:
        forecaster: learned from everything that is known.
        found: how it would have done in the past.
        verdict: whether it may be published.
        window: the forecast of the last window, and its customers with what came of them; None:
            the history has no room for one.
    """

    forecaster: Forecaster
    found: Backtest
    verdict: Verdict
    window: tuple[Forecaster, Panel] | None


def study(log: PurchaseLog, day: int, horizon: int, seed: int) -> Study:
    """Return the forecast of a log up to a day, tried on what lies before."""
    forecaster = train(log, day, horizon, seed)
    known = log.until(day)
    first = known.first_day
    plan = trial(first, day, trainable(first, day, horizon))
    rows = panel(sampled(known, seed), plan.cuts, plan.length)
    found = tried(known, rows, plan, until=day, seed=seed)
    verdict = judge(found, horizon, is_extrapolated=forecaster.is_extrapolated)
    return Study(forecaster, found, verdict, _last_window(forecaster, rows, plan))


def _last_window(
    forecaster: Forecaster, rows: Panel, plan: Trial
) -> tuple[Forecaster, Panel] | None:
    if not plan.windows:
        return None
    window = plan.windows[0]
    past = rows.at(*window.cuts)
    model = learned(past, with_spend=forecaster.has_spend, seed=forecaster.seed)
    origin = window.origin
    then = replace(
        forecaster,
        until=origin,
        horizon=plan.length,
        length=plan.length,
        cuts=window.cuts,
        model=model,
        rhythm=rows.rhythms[origin],
        basket=rows.baskets[origin],
        common=rows.commons[origin],
    )
    return then, rows.at(origin)
