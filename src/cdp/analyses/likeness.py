"""How like a list of seeds everybody else is, learned from seeds against all others.

Pure: a matrix in, ranks out. Seeds are known to be such, of the others nothing is known: positive
and unlabelled data (Elkan and Noto, "Learning classifiers from only positive and unlabeled data",
2008), from which an order follows and no probability. The order is the mean rank of a logistic
regression and of boosted trees; of the ways that were measured no other was better on all files.

Invariant: nobody is ranked by a model that was learned from their own row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from threadpoolctl import threadpool_limits

from cdp.segments.uplift import wilson

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Ranker = Callable[["Numbers"], "Numbers"]

FOLDS: Final = 3
TRIALS: Final = 5
HIDDEN: Final = 0.3
SHARES: Final = (0.01, 0.05, 0.1)
"""Shares of all others, most like the seeds first, at which the trial is told."""
BANDS: Final = (*SHARES, 0.2, 0.5, 1.0)
GIVEN_AWAY: Final = 0.95
"""A column that alone orders seeds before others so surely is what the list was made by."""
_ROUNDS: Final = 60


@dataclass(frozen=True, slots=True)
class Trial:
    """How many hidden seeds one method found among one share of all others."""

    method: str
    share: float
    recall: float
    low: float
    high: float
    seeds: int

    @property
    def times(self) -> float:
        """How many times as many as by chance."""
        return self.recall / self.share


@dataclass(frozen=True, slots=True)
class Scaled:
    """What a matrix is brought to one scale by: logarithm of what is skewed, median and spread."""

    middle: Numbers
    spread: Numbers

    @classmethod
    def of(cls, matrix: Numbers) -> Scaled:
        """Return the scale of a matrix; a column without any value, or without spread, is zero."""
        bent = _bent(matrix)
        known = [column[~np.isnan(column)] for column in bent.T]
        middle = np.array([np.median(values) if len(values) else 0 for values in known])
        spread = np.array([values.std() if len(values) else 0 for values in known])
        return cls(middle, np.where(spread > 0, spread, 1))

    def apply(self, matrix: Numbers) -> Numbers:
        """Return the matrix on this scale; what is not known is put in the middle."""
        return np.asarray(np.nan_to_num((_bent(matrix) - self.middle) / self.spread))


def _bent(matrix: Numbers) -> Numbers:
    return np.asarray(np.sign(matrix) * np.log1p(np.abs(matrix)))


def ranker(matrix: Numbers, is_seed: Flags, seed: int) -> Ranker:
    """Return what orders rows, the most like the seeds highest, learned from these."""
    from sklearn.ensemble import (  # noqa: PLC0415 - slow to import, and only training needs it
        HistGradientBoostingClassifier,
    )
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    told = varied(matrix)
    if not told.any():
        return lambda rows: np.zeros((len(rows), 1))
    matrix = matrix[:, told]
    scale = Scaled.of(matrix)
    plain = LogisticRegression(C=0.1, class_weight="balanced", max_iter=1_000)
    trees = HistGradientBoostingClassifier(
        max_iter=_ROUNDS,
        max_leaf_nodes=8,
        min_samples_leaf=20,
        l2_regularization=1.0,
        class_weight="balanced",
        early_stopping=False,
        random_state=seed,
    )
    with threadpool_limits(1):  # a second thread waits more than it works, and adds in its order
        plain.fit(scale.apply(matrix), is_seed)
        trees.fit(matrix, is_seed)

    def both(rows: Numbers) -> Numbers:
        rows = rows[:, told]
        with threadpool_limits(1):
            linear = plain.decision_function(scale.apply(rows))
            return np.column_stack([linear, trees.decision_function(rows)])

    return both


def centroid(matrix: Numbers, is_seed: Flags, _: int = 0) -> Ranker:
    """Return what orders rows by how near they are to the mean seed."""
    scale = Scaled.of(matrix)
    middle = scale.apply(matrix[is_seed]).mean(axis=0)
    return lambda rows: -np.sqrt(((scale.apply(rows) - middle) ** 2).sum(axis=1))[:, None]


def percentile(scores: Numbers) -> Numbers:
    """Return the mean over columns of the share of rows that a row is above, ties in the middle."""
    ranks = np.empty_like(scores)
    for column, values in enumerate(scores.T):
        _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
        ranks[:, column] = (np.cumsum(counts) - (counts + 1) / 2)[place]
    return np.asarray(ranks.mean(axis=1) / len(scores))


def out_of_fold(
    make: Callable[[Numbers, Flags, int], Ranker],
    matrix: Numbers,
    is_seed: Flags,
    fold: NDArray[np.int64],
    seed: int,
) -> Numbers:
    """Return for each row how far up it stands in its fold, by a model learned from the others."""
    found = np.zeros(len(matrix))
    for one in range(FOLDS):
        rest = fold != one
        rank = make(matrix[rest], is_seed[rest], seed)
        found[~rest] = percentile(rank(matrix[~rest]))
    return found


def varied(matrix: Numbers) -> Flags:
    """Return which columns have two values or more; boosting cannot take one without any."""
    known = np.where(np.isnan(matrix), np.inf, matrix).min(axis=0)
    most = np.where(np.isnan(matrix), -np.inf, matrix).max(axis=0)
    return np.asarray(known < most)


def given_away(matrix: Numbers, is_seed: Flags) -> Flags:
    """Return which columns alone part the seeds from the others, upwards or downwards."""
    seeds, others = is_seed.sum(), (~is_seed).sum()
    found = np.zeros(matrix.shape[1], dtype=np.bool_)
    for column, values in enumerate(matrix.T):
        ranks = percentile(np.nan_to_num(values, nan=-np.inf)[:, None]) * len(values) + 1
        area = (ranks[is_seed].sum() - seeds * (seeds + 1) / 2) / (seeds * others)
        found[column] = max(area, 1 - area) >= GIVEN_AWAY
    return found


def trials(
    matrix: Numbers, is_seed: Flags, fold: NDArray[np.int64], seed: int
) -> tuple[Trial, ...]:
    """Hide some seeds among the others again and again, and count how many are found.

    The hidden are learned from as others are, and ranked by models that did not see them.
    """
    found: dict[tuple[str, float], list[float]] = {}
    hidden_ever = np.zeros(len(matrix), dtype=np.bool_)
    for hidden in _hidden(is_seed, seed):
        hidden_ever |= hidden
        shown = is_seed & ~hidden
        for method, make in (("centroid", centroid), ("model", ranker)):
            ranks = out_of_fold(make, matrix, shown, fold, seed)[~shown]
            place = np.empty(len(ranks))
            place[np.argsort(-ranks, kind="stable")] = (np.arange(len(ranks)) + 1) / len(ranks)
            at = place[hidden[~shown]]
            for share in BANDS:
                found.setdefault((method, share), []).append(float((at <= share).mean()))
    # a seed hidden twice is no second seed: the interval is of those that were hidden at all
    return tuple(_judged(found, int(hidden_ever.sum())))


def _hidden(is_seed: Flags, seed: int) -> Iterator[Flags]:
    random, places = np.random.default_rng(seed), np.flatnonzero(is_seed)
    for _ in range(TRIALS):
        hidden = np.zeros(len(is_seed), dtype=np.bool_)
        hidden[random.choice(places, round(HIDDEN * len(places)), replace=False)] = True
        yield hidden


def _judged(found: dict[tuple[str, float], list[float]], seeds: int) -> Iterator[Trial]:
    for (method, share), recalls in found.items():
        recall = float(np.mean(recalls))
        low, high = wilson(round(recall * seeds), seeds)
        yield Trial(method, share, recall, min(low, recall), max(high, recall), seeds)
    yield from (Trial("random", share, share, share, share, seeds) for share in BANDS)
