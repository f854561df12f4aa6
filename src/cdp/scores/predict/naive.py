"""The plain forecasts that a model must beat, calibrated on the same past."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cdp.scores.predict.measures import Numbers

FREQUENCIES: Final = (2.0, 3.0, 5.0, 9.0)
"""Purchases at which a new class of frequency begins, after 1."""
RECENCIES: Final = 5
UNSEEN: Final = 0.5
"""Buyers, or customers who did not buy, in a class of all where none was seen."""
STEADY: Final = 10.0
"""Customers' worth of the class of frequency that a cell is mixed with."""
RARE: Final = 0.01
"""Purchases expected of someone who never came back, so that the deviance stays finite."""
TENURE: Final = 7.0
"""Days of tenure that a rate is taken over at least."""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """What came of customers by recency and frequency: shares of buyers and mean purchases.

    Attributes:
        edges: quintiles of recency, in horizons.
        bought: share of buyers by class of frequency and quintile of recency.
        count: mean purchases, likewise.
        base: share of buyers among all.
        level: what the past rate of repeat purchases is to be multiplied by.
    """

    edges: Numbers
    bought: Numbers
    count: Numbers
    base: float
    level: float

    def look_up(self, x: Numbers, recency: Numbers) -> tuple[Numbers, Numbers]:
        """Return the share of buyers and the mean purchases of each customer's cell."""
        cell = _classes(x), np.searchsorted(self.edges, recency, side="right")
        return self.bought[cell], self.count[cell]


def _classes(x: Numbers) -> NDArray[np.intp]:
    return np.searchsorted(np.array(FREQUENCIES), x + 1, side="right")


def table(x: Numbers, recency: Numbers, rate: Numbers, count: Numbers) -> Table:
    """Return the table of these customers: repeat purchases, recency, past rate, what came."""
    shares = np.arange(1, RECENCIES) / RECENCIES
    edges = np.unique(np.quantile(recency, shares)) if len(recency) else np.empty(0)
    shape = len(FREQUENCIES) + 1, len(edges) + 1
    place = np.ravel_multi_index(
        (_classes(x), np.searchsorted(edges, recency, side="right")), shape
    )
    size = np.bincount(place, minlength=shape[0] * shape[1]).reshape(shape).astype(float)

    rare = UNSEEN / (len(x) + 1)

    def mixed(value: Numbers) -> Numbers:
        sums = np.bincount(place, weights=value, minlength=size.size).reshape(shape)
        mean = value.mean() if len(value) else 0.0
        rows = (sums.sum(axis=1, keepdims=True) + STEADY * mean) / (
            size.sum(axis=1, keepdims=True) + STEADY
        )
        return np.asarray(np.maximum((sums + STEADY * rows) / (size + STEADY), rare))

    bought = (count > 0).astype(float)
    total = float(rate.sum())
    return Table(
        edges=edges,
        bought=np.minimum(mixed(bought), 1 - rare),
        count=mixed(count),
        base=float(bought.mean()) if len(count) else 0.0,
        level=float(count.sum()) / total if total > 0 else 1.0,
    )


def by_level(rate: Numbers, plain: Table) -> Numbers:
    """Return past rates brought to the level of what followed; none is quite 0."""
    return np.maximum(rate * plain.level, RARE)


def by_rate(x: Numbers, weeks: Numbers, ahead: float) -> tuple[Numbers, Numbers]:
    """Return chance and number of purchases in the weeks `ahead` when nothing else is known.

    Each customer's own past rate, mixed with everybody's as if it had been seen for one mean
    tenure: what is left when no past outcome could be looked at.
    """
    seen = np.maximum(weeks, TENURE / 7)
    mean = max(float(seen.mean()), 1.0) if len(seen) else 1.0
    common = (float(x.sum()) + 0.5) / (float(seen.sum()) + 1.0)
    count = (x + common * mean) / (seen + mean) * ahead
    return -np.expm1(-count), count
