"""When somebody is likely to buy next: a window, and only where a purchase is likely at all.

A point date is no better than the usual gap on irregular buyers; the window between a chance of
25 % and of 80 % is right about as often as it says.
"""

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


class NextPurchase(PredictiveScore):
    """The chance to buy within `horizon_days` (default 90), and from when to when, where likely."""


def _detail(asked: Asked, decile: NDArray[np.intp]) -> pl.DataFrame:
    _ = decile
    said = asked.forecaster.outlook(asked.rows)
    early, late = asked.forecaster.window(asked.rows, said, asked.day)
    return pl.DataFrame(
        {
            "horizon_days": np.full(len(said.p), asked.forecaster.horizon),
            "from": early.cast(pl.String),
            "to": late.cast(pl.String),
        }
    )


offer(
    "next_purchase",
    NextPurchase,
    Question(
        what="chance of a purchase within the horizon, with the window in which it is expected",
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
