"""Churn told by facts: better than the base rate, and steady about what is missing or new."""

import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression

from cdp.scores.predict import measures
from cdp.scores.predict.contract import ENOUGH, learn


def _facts(n: int, seed: int) -> tuple[pl.DataFrame, measures.Numbers]:
    random = np.random.default_rng(seed)
    months = random.integers(1, 72, n)
    plan = random.choice(["monthly", "yearly"], n)
    odds = 1.2 - months / 20 - 1.5 * (plan == "yearly")
    left = (random.random(n) < 1 / (1 + np.exp(-odds))).astype(float)
    frame = pl.DataFrame(
        {
            "months": months,
            "plan": plan,
            "charges": [f" {v:.2f}" if v < 95 else " " for v in random.random(n) * 100],
            "mixed": pl.Series([None, "x", "y"] * (n // 3), dtype=pl.String),
            "empty": pl.Series([None] * n, dtype=pl.Float64),
        }
    )
    return frame, left


def test_it_tells_who_leaves() -> None:
    facts, left = _facts(1200, 1)
    model = learn(facts, left, seed=1)
    assert model.trees is not None
    assert model.encoding.numbers == ("months", "charges", "empty")
    new, later = _facts(1200, 2)
    said = model.predict(new)
    assert measures.auc(said, later) > 0.75
    assert measures.brier(said, later) < measures.brier(np.full(1200, model.base), later) - 0.02
    odd = new.head(2).with_columns(plan=pl.lit("never seen"), months=pl.lit(None, dtype=pl.Int64))
    assert np.isfinite(model.predict(odd)).all()


def test_few_leavers_leave_the_regression_alone() -> None:
    facts, left = _facts(120, 1)
    assert left.sum() < ENOUGH
    model = learn(facts, left, seed=1)
    assert model.trees is None
    matrix = model.encoding.standard(model.encoding.matrix(facts))
    same = LogisticRegression(C=0.1, tol=1e-8, max_iter=1000).fit(matrix, left)
    assert model.margin(facts) == pytest.approx(same.decision_function(matrix), abs=1e-3)
