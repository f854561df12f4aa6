"""How the weights of the compared pairs are spread, and what a cut among them would be worth.

A model that is calibrated says by itself how many of the pairs above a weight are matches, so no
labels are needed: a pair of log odds x is one with probability 1 / (1 + exp(-x)).
"""

from __future__ import annotations

from typing import Final

import numpy as np

BITS: Final = 1 / np.log(2)
LOWEST: Final = -10
HIGHEST: Final = 30
"""Bits; what lies beyond counts in the outermost band."""


def spread(log_odds: np.ndarray) -> tuple[int, ...]:
    """Return how many pairs lie in each band of one bit of match weight, from the lowest up."""
    bands = np.clip(np.floor(log_odds * BITS), LOWEST, HIGHEST - 1).astype(np.int64) - LOWEST
    return tuple(np.bincount(bands, minlength=HIGHEST - LOWEST).tolist())


def cuts(pairs: np.ndarray) -> list[tuple[int, float, float]]:
    """Return (cut in bits, expected precision, expected recall) of joining all pairs above a cut.

    Recall is among the pairs compared; what blocking never offered is not in it.
    """
    edges = np.arange(LOWEST, HIGHEST)
    chance = 1 / (1 + 2.0 ** -(edges + 0.5))
    one = pairs * chance
    above, right = pairs[::-1].cumsum()[::-1], one[::-1].cumsum()[::-1]
    precision = np.where(above > 0, right / np.maximum(above, 1), 1.0)
    recall = right / max(float(one.sum()), 1e-9)
    rows = zip(edges.tolist(), precision.tolist(), recall.tolist(), strict=True)
    return list(rows)
