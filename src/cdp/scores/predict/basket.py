"""What a purchase of a customer is worth: their mean, drawn to everybody's when few are known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from cdp.scores.predict.measures import Numbers

LEAST, MOST, UNKNOWN = 0.2, 20.0, 2.0
ENOUGH: Final = 50


@dataclass(frozen=True, slots=True)
class Basket:
    """The common mean of a purchase, and for how many purchases of one's own it counts."""

    mean: float
    worth: float

    def value(self, paid: Numbers, mean: Numbers) -> Numbers:
        """Return the expected money of a purchase, from the purchases of known amount."""
        own = np.where(paid > 0, np.nan_to_num(mean), 0.0)
        return (paid * own + self.worth * self.mean) / (paid + self.worth)


def basket(paid: Numbers, mean: Numbers) -> Basket:
    """Return the credibility of customers' means (Buehlmann 1967).

    The square of a mean's distance from the common one is regressed on one over the number of
    purchases: its constant is the variance between customers, its slope that within them.
    """
    known = (paid > 0) & np.isfinite(mean)
    paid, mean = paid[known], mean[known]
    if not len(paid):
        return Basket(0.0, UNKNOWN)
    common = float((paid * mean).sum() / paid.sum())
    if len(paid) < ENOUGH:
        return Basket(common, UNKNOWN)
    held = np.minimum(mean, np.quantile(mean, 0.99))
    off = (held - held.mean()) ** 2
    design = np.stack([np.ones(len(paid)), 1 / paid], axis=1)
    between, within = np.linalg.lstsq(design, off, rcond=None)[0]
    if within <= 0:
        return Basket(common, LEAST if between > 0 else UNKNOWN)
    return Basket(common, float(np.clip(within / max(between, 1e-12), LEAST, MOST)))
