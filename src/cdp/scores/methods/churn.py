"""How likely a customer without a contract is to buy no more: 1 - p(buy within a horizon).

The horizon is that of the customer base: nine in ten repeat purchases come sooner.
"""

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cdp.scores.predict.forecast import Forecaster
from cdp.scores.predict.log import PurchaseLog
from cdp.scores.predict.panel import Panel
from cdp.scores.trained.definition import PredictiveScore
from cdp.scores.trained.parts import Parts
from cdp.scores.trained.question import (
    Asked,
    Question,
    bought,
    chance_to_buy,
    of_buying,
    parts_of_buying,
)
from cdp.scores.trained.scoring import offer

SHORTEST, LONGEST = 30, 365
_SHARE: Final = 0.9
_LATE: Final = 3.0
"""Times their own usual gap after which a customer is late."""


class Churn(PredictiveScore):
    """The chance that no purchase comes within the horizon; default: that of the customer base."""


def horizon_of(definition: PredictiveScore, log: PurchaseLog, day: int) -> int:
    """Return the days within which nine in ten repeat purchases came, 30 to 365."""
    if definition.horizon_days is not None:
        return definition.horizon_days
    gaps = (
        log.until(day)
        .purchases.sort("customer", "day")
        .select(gap=pl.col("day").diff().over("customer"))["gap"]
        .drop_nulls()
        .to_numpy()
    )
    found = float(np.quantile(gaps, _SHARE)) if len(gaps) else LONGEST
    return int(np.clip(np.ceil(found), SHORTEST, LONGEST))


def _value(definition: PredictiveScore, forecaster: Forecaster, rows: Panel) -> NDArray[np.float64]:
    return 1 - chance_to_buy(definition, forecaster, rows)


def _parts(asked: Asked) -> Parts:
    return parts_of_buying(asked).turned()


def _detail(asked: Asked, decile: NDArray[np.intp]) -> pl.DataFrame:
    _ = decile
    rows = asked.rows
    return pl.DataFrame(
        {
            "horizon_days": np.full(len(rows.cut), asked.forecaster.horizon),
            "p_alive": np.round(rows.alive, 4),
            "is_late": np.nan_to_num(rows.column("overdue")) > _LATE,
        }
    )


def _lost(definition: PredictiveScore, rows: Panel) -> NDArray[np.float64]:
    return 1 - bought(definition, rows)


offer(
    "churn",
    Churn,
    Question(
        what="chance that no purchase comes within the horizon",
        unit="probability",
        digits=4,
        horizon=horizon_of,
        status=of_buying,
        value=_value,
        parts=_parts,
        detail=_detail,
        came=_lost,
    ),
)
