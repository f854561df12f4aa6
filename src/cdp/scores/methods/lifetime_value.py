"""What somebody is expected to spend within a horizon, as margin where that is told.

Never to the cent: a value is as good as its decile, and its range says so.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import Field

from cdp.scores.method import Status
from cdp.scores.predict.forecast import Forecaster
from cdp.scores.predict.gate import Verdict
from cdp.scores.predict.panel import Panel
from cdp.scores.trained.definition import PredictiveScore
from cdp.scores.trained.parts import Parts, of_spend
from cdp.scores.trained.question import Asked, Question, looking_ahead
from cdp.scores.trained.scoring import offer

YEAR = 365


class LifetimeValue(PredictiveScore):
    """Money expected within `horizon_days` (default 365), in the currency of gold.feature."""

    margin_percent: float = Field(
        100, gt=0, le=100, description="what remains of the money that is spent"
    )
    discount_percent: float = Field(
        0, ge=0, le=50, description="by which money of a year later is worth less"
    )

    def factor(self, days: int) -> float:
        """Return what one unit spent within so many days is worth now, half of them away."""
        later: float = (1 + self.discount_percent / 100) ** (days / YEAR / 2)
        return self.margin_percent / 100 / later


def _value(definition: LifetimeValue, forecaster: Forecaster, rows: Panel) -> NDArray[np.float64]:
    return forecaster.outlook(rows).spend * definition.factor(forecaster.horizon)


def _parts(asked: Asked) -> Parts:
    factor = asked.definition.factor(asked.forecaster.horizon)
    return of_spend(asked.forecaster, asked.rows, asked.usual).times(factor)


def _status(verdict: Verdict) -> Status:
    return verdict.status if verdict.is_refused else verdict.spend


def _detail(asked: Asked, decile: NDArray[np.intp]) -> pl.DataFrame:
    value = _value(asked.definition, asked.forecaster, asked.rows)
    tenths = asked.facts["tenths"]
    low, high = (
        np.array([t[end] / t["said"] if t["said"] > 0 else 0.0 for t in tenths])
        for end in ("low", "high")
    )
    place = np.minimum(decile, len(tenths)) - 1
    return pl.DataFrame(
        {
            "horizon_days": np.full(len(value), asked.forecaster.horizon),
            "currency": np.full(len(value), asked.currency),
            "low": np.round(value * low[place]),
            "high": np.round(value * high[place]),
        }
    )


def _came(definition: LifetimeValue, rows: Panel) -> NDArray[np.float64]:
    return np.maximum(rows.spend, 0.0) * definition.factor(rows.length)


offer(
    "lifetime_value",
    LifetimeValue,
    Question(
        what="money expected within the horizon",
        unit="",
        digits=0,
        horizon=looking_ahead(YEAR),
        status=_status,
        value=_value,
        parts=_parts,
        detail=_detail,
        came=_came,
    ),
)
