"""How likely somebody is to buy within a horizon."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cdp.scores.trained.definition import PredictiveScore
from cdp.scores.trained.question import (
    Asked,
    Question,
    bought,
    chance_to_buy,
    looking_ahead,
    of_buying,
    parts_of_buying,
)
from cdp.scores.trained.scoring import offer


class PurchasePropensity(PredictiveScore):
    """The chance of at least one purchase within `horizon_days` (default 90), 0 to 1."""


def _detail(asked: Asked, decile: NDArray[np.intp]) -> pl.DataFrame:
    _ = decile
    expected = asked.forecaster.outlook(asked.rows).e
    return pl.DataFrame(
        {
            "horizon_days": np.full(len(expected), asked.forecaster.horizon),
            "expected_purchases": np.round(expected, 2),
        }
    )


offer(
    "purchase_propensity",
    PurchasePropensity,
    Question(
        what="chance of at least one purchase within the horizon",
        unit="probability",
        digits=4,
        horizon=looking_ahead(90),
        status=of_buying,
        value=chance_to_buy,
        parts=parts_of_buying,
        detail=_detail,
        came=bought,
    ),
)
