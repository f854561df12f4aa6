"""What moved a prediction: its distance from a typical customer's, shared out among five reasons.

Shapley values explain the margin of trees (log odds, log mean). The way from the typical margin to
a customer's is taken in a straight line through the link function (Aumann and Shapley, "Values of
Non-Atomic Games", 1974), so that parts are in the unit of the prediction. What trees do not say,
the purchase rhythm does, and it takes the rest.

Invariant: base and parts add up to the prediction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import expit

from cdp.scores.explain_trees import Explainer
from cdp.scores.predict.ensemble import with_value
from cdp.scores.predict.measures import log_odds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from cdp.scores.predict.forecast import Forecaster
    from cdp.scores.predict.panel import Panel
    from cdp.scores.predict.trees import Trees

    Numbers = NDArray[np.float64]

GROUPS: Final = ("recency", "frequency", "value", "rhythm", "trend")
_RHYTHM: Final = GROUPS.index("rhythm")
_VALUE: Final = GROUPS.index("value")
GROUP_OF: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        ("recency", "recency_in_tenure", "recency_in_longest_gap", "overdue"), "recency"
    ),
    **dict.fromkeys(("x", "rate", "tenure", "n_1", "n_2", "n_4"), "frequency"),
    **dict.fromkeys(("basket_mean", "basket_last", "basket_max", "spent_1", "worth"), "value"),
    **dict.fromkeys(("trend", "n_recent"), "trend"),
}
"""Features by what they speak of; all others are of the rhythm."""
_NEAR: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Typical:
    """Margins and numbers of a typical customer of the training population.

    Attributes:
        log_odds: mean log odds to buy by the rhythm, over what was learned from.
        further: mean of what the rhythm adds to them up to the horizon.
        purchases: mean expected purchases by the rhythm, over what was learned from.
        worth: mean money of a purchase.
        growth: mean factor from what was learned from to the horizon.
    """

    log_odds: float
    further: float
    purchases: float
    worth: float
    growth: float


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """Predictions of customers: the typical one, what each group adds, and the sum."""

    base: float
    groups: Numbers
    value: Numbers

    def turned(self) -> Parts:
        """Return the parts of the chance that it does not come."""
        return Parts(1 - self.base, -self.groups, 1 - self.value)

    def times(self, factor: float) -> Parts:
        """Return the parts of so many times the prediction."""
        return Parts(self.base * factor, self.groups * factor, self.value * factor)


def typical(forecaster: Forecaster, rows: Panel) -> Typical:
    """Return what is typical of these customers."""
    further, growth = _onwards(forecaster, rows)
    return Typical(
        log_odds=float(log_odds(rows.p).mean()),
        further=float(further.mean()),
        purchases=float(rows.e.mean()),
        worth=float(rows.value.mean()),
        growth=float(growth.mean()),
    )


def of_chance(forecaster: Forecaster, rows: Panel, usual: Typical) -> Parts:
    """Return the parts of the chance to buy within the horizon."""
    value = forecaster.outlook(rows).p
    groups = np.zeros((len(value), len(GROUPS)))
    trees = forecaster.model.buy
    if trees is None:
        base = float(expit(usual.log_odds + usual.further))
    else:
        explainer, added = _explained(trees, rows.matrix, rows.names)
        margin = (explainer.expected + usual.log_odds) / 2 + usual.further
        base = float(expit(margin))
        groups = added / 2 * secant(log_odds(value), margin, value, base)[:, None]
    return _with_rest(base, groups, value)


def of_spend(forecaster: Forecaster, rows: Panel, usual: Typical) -> Parts:
    """Return the parts of the money spent within the horizon."""
    value, trees = forecaster.outlook(rows).spend, forecaster.model.spend
    growth = _onwards(forecaster, rows)[1]
    half = 1.0 if trees is None else 0.5
    base = half * usual.purchases * usual.worth
    groups = np.zeros((len(value), len(GROUPS)))
    worth = (rows.value - usual.worth) * (rows.e + usual.purchases) / 2
    if trees is not None:
        explainer, added = _explained(trees, with_value(rows), (*rows.names, "worth"))
        scale = forecaster.model.scale / 2
        margin = explainer.expected + added.sum(axis=1)
        told, mean = np.exp(margin) * scale, float(np.exp(explainer.expected)) * scale
        groups = added * secant(margin, explainer.expected, told, mean)[:, None]
        base += mean
    groups[:, _VALUE] += half * worth
    return _with_rest(base * usual.growth, groups * growth[:, None], value)


def _explained(trees: Trees, matrix: Numbers, names: tuple[str, ...]) -> tuple[Explainer, Numbers]:
    """Return the explainer of trees, and what each group adds to the margin of each row."""
    explainer = Explainer.of(trees, len(names))
    values = explainer.values(matrix)
    place = np.array([GROUPS.index(GROUP_OF.get(name, "rhythm")) for name in names])
    added = np.stack([values[:, place == g].sum(axis=1) for g in range(len(GROUPS))], axis=1)
    return explainer, added


def secant(margin: Numbers, margin_0: float, value: Numbers, value_0: float) -> Numbers:
    """Return how much the prediction moves for one unit of margin, between two margins."""
    step = margin - margin_0
    near = np.abs(step) < _NEAR
    return np.asarray(np.where(near, 0.0, value - value_0) / np.where(near, 1.0, step))


def _with_rest(base: float, groups: Numbers, value: Numbers) -> Parts:
    """Give the rhythm what the other groups leave over."""
    groups[:, _RHYTHM] = 0.0
    groups[:, _RHYTHM] = value - base - groups.sum(axis=1)
    return Parts(base, groups, value)


def _onwards(forecaster: Forecaster, rows: Panel) -> tuple[Numbers, Numbers]:
    """Return by how much log odds move, and numbers grow, from what was learned to the horizon."""
    if not forecaster.is_extrapolated:
        return np.zeros(len(rows.cut)), np.ones(len(rows.cut))
    p, e = forecaster.of_rhythm(rows)
    return log_odds(p) - log_odds(rows.p), e / np.maximum(rows.e, 1e-12)
