"""Churn of contracts, or any yes or no told by facts of a customer: two models, averaged.

A logistic regression on standardised numbers and one-hot words beside boosted trees on the same
columns; log odds are averaged. Under 100 positives or negatives the regression stands alone.

Invariant: nothing is learned from rows that are predicted; what is missing is a category of its
own for words, and the median for numbers of the regression (trees see it as missing).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl
from scipy.optimize import minimize
from scipy.special import expit

from cdp.scores.predict.boosting import boosted

if TYPE_CHECKING:
    from typing import Any

    from cdp.scores.predict.measures import Numbers
    from cdp.scores.predict.trees import Trees

STRENGTH: Final = 0.1
"""Inverse of the penalty on squared coefficients (scikit-learn's C)."""
ENOUGH: Final = 100
"""Positives and negatives from which trees are learned as well."""
WORDS: Final = 20
"""Most frequent words of a column that get a column of their own."""
NUMERIC: Final = 0.95
"""Share of a text column's values that must be numbers for it to be one."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """How facts become numbers.

    Attributes:
        numbers: columns read as numbers.
        words: the words of each other column that have a column of their own.
        middle: median of each number.
        mean: mean of each resulting column.
        scale: its standard deviation, 1 where it is constant.
    """

    numbers: tuple[str, ...]
    words: tuple[tuple[str, tuple[str, ...]], ...]
    middle: tuple[float, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the resulting columns: a number's own, or `column = word`."""
        told = (f"{column} = {word}" for column, words in self.words for word in words)
        return (*self.numbers, *told)

    def matrix(self, frame: pl.DataFrame) -> Numbers:
        """Return numbers (NaN: missing), then 0 or 1 for each word."""
        numbers = [_as_number(frame[name]) for name in self.numbers]
        told = [
            (_as_words(frame[column]) == word).cast(pl.Float64)
            for column, words in self.words
            for word in words
        ]
        columns = [series.to_numpy() for series in (*numbers, *told)]
        return np.stack(columns, axis=1) if columns else np.empty((len(frame), 0))

    def standard(self, matrix: Numbers) -> Numbers:
        """Return the matrix with medians for what is missing, mean 0, standard deviation 1."""
        filled = matrix.copy()
        for number, middle in enumerate(self.middle):
            column = filled[:, number]
            column[np.isnan(column)] = middle
        return np.asarray((filled - np.array(self.mean)) / np.array(self.scale))


@dataclass(frozen=True, slots=True, eq=False)
class ContractModel:
    """Regression and trees that know the same columns.

    Attributes:
        encoding: how facts become numbers.
        weights: coefficients of standardised columns, the intercept last.
        trees: boosted trees, None with too few positives or negatives.
        base: share of positives learned from.
    """

    encoding: Encoding
    weights: Numbers
    trees: Trees | None
    base: float

    def margin(self, frame: pl.DataFrame) -> Numbers:
        """Return the log odds of each row."""
        matrix = self.encoding.matrix(frame)
        linear = self.encoding.standard(matrix) @ self.weights[:-1] + self.weights[-1]
        if self.trees is None:
            return np.asarray(linear)
        return np.asarray((linear + self.trees.margin(matrix)) / 2)

    def predict(self, frame: pl.DataFrame) -> Numbers:
        """Return the probability of each row."""
        return np.asarray(expit(self.margin(frame)))


def learn(facts: pl.DataFrame, target: Numbers, *, seed: int) -> ContractModel:
    """Return the model of facts (one row a customer, one column a fact) and what came, 0 or 1."""
    encoding = _encoding(facts)
    matrix = encoding.matrix(facts)
    positives = float(target.sum())
    trees = None
    if min(positives, len(target) - positives) >= ENOUGH:
        trees = boosted(matrix, target, np.ones(len(target)), kind="logistic", seed=seed)
    weights = _regression(encoding.standard(matrix), target)
    base = positives / len(target) if len(target) else 0.0
    return ContractModel(encoding, weights, trees, base)


def _encoding(facts: pl.DataFrame) -> Encoding:
    numbers = tuple(name for name in facts.columns if _is_number(facts[name]))
    words = tuple((name, _frequent(facts[name])) for name in facts.columns if name not in numbers)
    raw = Encoding(numbers, words, (), (), ())
    matrix = raw.matrix(facts)
    middle = tuple(
        float(np.median(known)) if len(known := column[~np.isnan(column)]) else 0.0
        for column in matrix[:, : len(numbers)].T
    )
    unscaled = Encoding(numbers, words, middle, (0.0,) * matrix.shape[1], (1.0,) * matrix.shape[1])
    filled = unscaled.standard(matrix)
    scale = filled.std(axis=0)
    return Encoding(
        numbers,
        words,
        middle,
        tuple(filled.mean(axis=0).tolist()),
        tuple(np.where(scale > 0, scale, 1.0).tolist()),
    )


def _is_number(values: pl.Series) -> bool:
    if values.dtype.is_numeric() or values.dtype == pl.Boolean:
        return True
    said = _as_words(values).replace("", None).drop_nulls()
    parsed = said.cast(pl.Float64, strict=False)
    return len(said) > 0 and 1 - parsed.null_count() / len(said) >= NUMERIC


def _as_number(values: pl.Series) -> pl.Series:
    if values.dtype == pl.String:
        values = values.str.strip_chars()
    return values.cast(pl.Float64, strict=False).fill_null(float("nan"))


def _as_words(values: pl.Series) -> pl.Series:
    return values.cast(pl.String).fill_null("").str.strip_chars()


def _frequent(values: pl.Series) -> tuple[str, ...]:
    counted = (
        _as_words(values).value_counts().sort(["count", values.name], descending=[True, False])
    )
    return tuple(counted[values.name].head(WORDS).to_list())


def _regression(matrix: Numbers, target: Numbers) -> Numbers:
    """Return the coefficients of highest penalised likelihood, the intercept unpenalised."""
    size = matrix.shape[1]

    def loss(weights: Numbers) -> tuple[float, Numbers]:
        linear = matrix @ weights[:-1] + weights[-1]
        value = float(np.logaddexp(0, linear).sum() - target @ linear)
        off = expit(linear) - target
        slope = np.append(matrix.T @ off + weights[:-1] / STRENGTH, off.sum())
        return value + float(weights[:-1] @ weights[:-1]) / STRENGTH / 2, slope

    untyped: Any = minimize  # its stubs want one shape of array for everything
    found = untyped(loss, np.zeros(size + 1), jac=True, method="L-BFGS-B", options={"maxiter": 500})
    return np.asarray(found.x)
