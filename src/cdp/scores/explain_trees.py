"""Exact Shapley values of an ensemble of regression trees, from plain arrays.

A leaf is reached where each of the few features on its path lies within bounds. What it adds when
only some features are known is its value times the share of training rows that would pass the
splits on the others (path-dependent TreeSHAP; Lundberg et al., "From local explanations to global
understanding", Nature Machine Intelligence 2, 2020). With d features on a path there are 2^d
patterns of bounds kept or not, so that the Shapley values of a leaf are a small table.

Invariant: the values of a row and the expectation add up to the margin of that row.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from cdp.scores.predict.trees import Trees

    Floats = NDArray[np.float64]

_MOST_FEATURES: Final = 15
"""On one path; trees of up to 16 leaves have no more."""
_BLOCK: Final = 8_192
"""Rows at a time: what is worked on stays in the cache of the processor."""


@dataclass(frozen=True, slots=True)
class _Bound:
    """What one feature has to be for a leaf to be reached: low < x <= high, or missing.

    `share` is the part of the training rows that the splits on this feature let through.
    """

    feature: int
    low: float
    high: float
    takes_missing: bool
    share: float

    def narrowed(self, threshold: float, share: float, *, left: bool, missing: bool) -> _Bound:
        return _Bound(
            self.feature,
            self.low if left else max(self.low, threshold),
            min(self.high, threshold) if left else self.high,
            self.takes_missing and missing,
            self.share * share,
        )

    def holds(self, column: Floats, is_missing: NDArray[np.bool_]) -> NDArray[np.bool_]:
        within = (column > self.low) & (column <= self.high)
        return within | is_missing if self.takes_missing else within


@dataclass(frozen=True, slots=True)
class _Leaf:
    """The bounds of one leaf and, for each pattern of them, the Shapley value of each feature."""

    bounds: tuple[_Bound, ...]
    table: Floats


@dataclass(frozen=True, slots=True)
class Explainer:
    """An ensemble made ready to explain rows.

    Attributes:
        expected: mean margin over the training rows.
        features: number of columns of a row.
    """

    leaves: tuple[_Leaf, ...]
    expected: float
    features: int

    @staticmethod
    def of(trees: Trees, features: int) -> Explainer:
        """Return the explainer of an ensemble over rows with so many columns.

        Raises:
            ValueError: a path asks for too many features.
        """
        leaves, expected = [], float(trees.base[0])
        for value, bounds in _paths(trees):
            shares = np.array([bound.share for bound in bounds])
            expected += value * float(np.prod(shares))
            if bounds:
                leaves.append(_Leaf(bounds, _table(shares) * value))
        return Explainer(tuple(leaves), expected, features)

    def values(self, rows: Floats) -> Floats:
        """Return what each feature adds to the margin of each row, in the shape of `rows`."""
        found = [self._block(rows[at : at + _BLOCK]) for at in range(0, len(rows), _BLOCK)]
        return np.concatenate(found) if found else np.zeros((0, self.features))

    def _block(self, rows: Floats) -> Floats:
        columns = np.ascontiguousarray(rows.T, dtype=np.float64)
        missing = np.isnan(columns)
        total = np.zeros_like(columns)
        for leaf in self.leaves:
            pattern = np.zeros(columns.shape[1], dtype=np.intp)
            for place, bound in enumerate(leaf.bounds):
                holds = bound.holds(columns[bound.feature], missing[bound.feature])
                pattern |= holds.astype(np.intp) << place
            for place, bound in enumerate(leaf.bounds):
                total[bound.feature] += leaf.table[place].take(pattern)
        return np.ascontiguousarray(total.T)


def _paths(trees: Trees) -> Iterator[tuple[float, tuple[_Bound, ...]]]:
    """Yield the value and the bounds of every leaf, tree by tree."""
    for root in trees.offset[:-1].tolist():
        waiting: list[tuple[int, dict[int, _Bound]]] = [(root, {})]
        while waiting:
            node, bounds = waiting.pop()
            if trees.is_leaf[node]:
                yield float(trees.value[node]), tuple(bounds.values())
                continue
            left, right = root + int(trees.left[node]), root + int(trees.right[node])
            waiting.append((left, _after(trees, node, left, bounds, left=True)))
            waiting.append((right, _after(trees, node, right, bounds, left=False)))


def _after(
    trees: Trees, node: int, child: int, bounds: dict[int, _Bound], *, left: bool
) -> dict[int, _Bound]:
    """Return the bounds at a child of a node."""
    feature = int(trees.feature_idx[node])
    before = bounds.get(feature, _Bound(feature, -np.inf, np.inf, takes_missing=True, share=1.0))
    share = float(trees.count[child]) / float(trees.count[node])
    missing = bool(trees.missing_go_to_left[node]) == left
    threshold = float(trees.num_threshold[node])
    return bounds | {feature: before.narrowed(threshold, share, left=left, missing=missing)}


def _table(shares: Floats) -> Floats:
    """Return the Shapley value of each feature for each pattern, of a leaf with value 1.

    Rows are features; the bit of a feature is set in a pattern where its bound holds. For feature
    i the sum over all sets of others is read from the coefficients of prod (share_j + holds_j t).
    """
    size = len(shares)
    if size > _MOST_FEATURES:
        msg = f"a path with {size} features is too long to explain; {_MOST_FEATURES} are the most"
        raise ValueError(msg)
    patterns = np.arange(1 << size)
    holds = ((patterns[None, :] >> np.arange(size)[:, None]) & 1).astype(np.float64)
    weights = np.array([factorial(k) * factorial(size - k - 1) for k in range(size)], float)
    weights /= factorial(size)
    table = np.empty((size, 1 << size))
    for one in range(size):
        terms = np.zeros((size, 1 << size))
        terms[0] = 1.0
        for other in range(size):
            if other != one:
                shifted = np.vstack((np.zeros((1, 1 << size)), terms[:-1]))
                terms = terms * shares[other] + shifted * holds[other]
        table[one] = (holds[one] - shares[one]) * (weights @ terms)
    return table
