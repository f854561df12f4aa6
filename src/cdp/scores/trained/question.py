"""What each predictive score asks of the one forecast of purchases.

Invariant: whatever is asked, value and explanation come from the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cdp.scores.trained.parts import of_chance

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from cdp.scores.method import Status
    from cdp.scores.predict.forecast import Forecaster
    from cdp.scores.predict.gate import Verdict
    from cdp.scores.predict.log import PurchaseLog
    from cdp.scores.predict.panel import Panel
    from cdp.scores.trained.definition import PredictiveScore
    from cdp.scores.trained.parts import Parts, Typical


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What an answer may use.

    Attributes:
        definition: of the score.
        forecaster: the model.
        rows: the customers.
        usual: what is typical of the training population.
        facts: of the model.
        day: the day whose end is looked from.
        currency: of amounts.
    """

    definition: Any
    forecaster: Forecaster
    rows: Panel
    usual: Typical
    facts: Mapping[str, Any]
    day: int
    currency: str


@dataclass(frozen=True, slots=True)
class Question:
    """One question.

    Attributes:
        what: the value in words, for the card.
        unit: unit of the value, for the card.
        digits: decimals of the value that are told.
        horizon: days to look ahead, from definition and log up to a day.
        status: what the verdict on the forecast means for this value.
        value: values of customers.
        parts: the same values, and what moved them.
        detail: what goes with each value, as a column of structures; null: nothing.
        came: what really came of the customers of a past window, in the unit of the value.
    """

    what: str
    unit: str
    digits: int
    horizon: Callable[[PredictiveScore, PurchaseLog, int], int]
    status: Callable[[Verdict], Status]
    value: Callable[[Any, Forecaster, Panel], NDArray[np.float64]]
    parts: Callable[[Asked], Parts]
    detail: Callable[[Asked, NDArray[np.intp]], pl.DataFrame]
    came: Callable[[Any, Panel], NDArray[np.float64]]


QUESTIONS: Final[dict[str, Question]] = {}
"""By the name of the method."""


def looking_ahead(days: int) -> Callable[[PredictiveScore, PurchaseLog, int], int]:
    """Return a horizon: what the definition says, else so many days."""

    def horizon(definition: PredictiveScore, log: PurchaseLog, day: int) -> int:
        _ = log, day
        return definition.horizon_days or days

    return horizon


def of_buying(verdict: Verdict) -> Status:
    """Return the status of what is said of the chance to buy."""
    return verdict.status


def chance_to_buy(
    definition: PredictiveScore, forecaster: Forecaster, rows: Panel
) -> NDArray[np.float64]:
    """Return the chance of at least one purchase within the horizon."""
    _ = definition
    return forecaster.outlook(rows).p


def parts_of_buying(asked: Asked) -> Parts:
    """Return that chance, and what moved it."""
    return of_chance(asked.forecaster, asked.rows, asked.usual)


def bought(definition: PredictiveScore, rows: Panel) -> NDArray[np.float64]:
    """Return whether customers bought in a past window."""
    _ = definition
    return rows.bought
