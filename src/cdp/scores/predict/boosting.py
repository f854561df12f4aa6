"""Train gradient-boosted trees; what comes out is arrays."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
from threadpoolctl import threadpool_limits

from cdp.scores.predict.trees import Kind, Trees, trees_of

if TYPE_CHECKING:
    from cdp.scores.predict.trees import Numbers

ROWS: Final = 40_000
"""Most rows that a model is trained on; more are sampled."""
ROUNDS: Final = ((1500, 50), (4000, 80))
"""Trees for at most so many rows; MOST_ROUNDS for more."""
MOST_ROUNDS: Final = 150
BINS: Final = 255
"""Values that a feature is told apart by in training."""


def boosted(
    matrix: Numbers, target: Numbers, weight: Numbers, *, kind: Kind, seed: int
) -> Trees | None:
    """Return trees for a probability (`logistic`) or a mean (`poisson`); None: nothing to learn.

    There is nothing to learn when all targets are zero, or all are one for a probability.
    """
    from sklearn.ensemble import (  # noqa: PLC0415 - slow to import, and only training needs it
        HistGradientBoostingClassifier,
        HistGradientBoostingRegressor,
    )

    if len(target) < 2 or not target.any() or (kind == "logistic" and target.all()):  # noqa: PLR2004
        return None
    if len(target) > ROWS:
        kept = np.sort(np.random.default_rng(seed).choice(len(target), ROWS, replace=False))
        matrix, target, weight = matrix[kept], target[kept], weight[kept]
    rounds = next((trees for most, trees in ROUNDS if len(target) <= most), MOST_ROUNDS)
    options = {
        "learning_rate": 0.05,
        "max_leaf_nodes": 8,
        "l2_regularization": 5.0,
        "min_samples_leaf": int(np.clip(len(target) / 60, 20, 200)),
        "max_iter": rounds,
        "early_stopping": False,
        "random_state": seed,
    }
    if kind == "logistic":
        model = HistGradientBoostingClassifier(**options)
    else:
        model = HistGradientBoostingRegressor(loss="poisson", **options)
    edges = [_edges(column) for column in matrix.T]
    with threadpool_limits(1, "openmp"):  # a second thread waits more than it works
        model.fit(_binned(matrix, edges), target, sample_weight=weight)
    return _with_edges(trees_of(model), edges)


def _edges(column: Numbers) -> Numbers:
    """Return at most 254 borders between values: midpoints of few distinct ones, or quantiles.

    scikit-learn would weigh its quantiles, which takes ten times as long as the trees.
    """
    values = np.unique(column[~np.isnan(column)])
    if len(values) <= BINS:
        return np.asarray((values[:-1] + values[1:]) / 2)
    known = column[~np.isnan(column)]
    shares = np.linspace(0, 1, BINS + 1)[1:-1]
    return np.unique(np.quantile(known, shares, method="averaged_inverted_cdf"))


def _binned(matrix: Numbers, edges: list[Numbers]) -> Numbers:
    """Return the number of the bin that each value lies in; NaN stays, but not as a whole column.

    scikit-learn cannot take a column without any value; one of zeros is never split.
    """
    binned = np.full(matrix.shape, np.nan, order="F")
    for number, border in enumerate(edges):
        known = ~np.isnan(matrix[:, number])
        if not known.any():
            binned[:, number] = 0
        binned[known, number] = np.searchsorted(border, matrix[known, number], side="left")
    return binned


def _with_edges(trees: Trees, edges: list[Numbers]) -> Trees:
    """Return the trees with values as thresholds where they had numbers of bins.

    A split that only parts what is missing from what is known keeps its threshold, infinity.
    """
    threshold = trees.num_threshold.copy()
    for node in np.flatnonzero(~trees.is_leaf & np.isfinite(threshold)):
        border = edges[trees.feature_idx[node]]
        threshold[node] = border[int(np.floor(threshold[node]))]
    return replace(trees, num_threshold=threshold)
