"""Shapley values of trees: against the sum over all sets of features, and against the margin."""

from itertools import combinations
from math import factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from cdp.scores.explain_trees import Explainer
from cdp.scores.predict.boosting import boosted
from cdp.scores.predict.trees import Trees, checked

FEATURES = 4
COLUMNS = (
    *("value", "count", "feature_idx", "num_threshold", "missing_go_to_left"),
    *("left", "right", "is_leaf"),
)


def grown(seed: int, trees: int = 3, depth: int = 4) -> Trees:
    """Return trees that split at random; a feature may be asked for twice on a path."""
    random = np.random.default_rng(seed)
    nodes: list[list[float]] = []
    offset = [0]

    def grow(count: int, left_over: int) -> int:
        at = len(nodes)
        nodes.append([float(random.normal()), float(count), 0, 0, 0, 0, 0, 1])
        if left_over and count > 3 and random.random() < 0.85:
            cut = int(random.integers(1, count - 1))
            feature, goes_left = int(random.integers(FEATURES)), float(random.integers(2))
            threshold = float(random.integers(-3, 4)) / 2
            left, right = grow(cut, left_over - 1), grow(count - cut, left_over - 1)
            nodes[at][2:] = [
                feature,
                threshold,
                goes_left,
                left - offset[-1],
                right - offset[-1],
                0,
            ]
        return at

    for _ in range(trees):
        grow(200, depth)
        offset.append(len(nodes))
    arrays = dict(zip(COLUMNS, np.array(nodes).T, strict=True))
    return checked(arrays | {"offset": np.array(offset), "base": random.normal(size=1)})


def known(
    trees: Trees, row: NDArray[np.float64], features: frozenset[int], root: int, node: int
) -> float:
    """Return what is expected of a row below a node when only some features are known."""
    if trees.is_leaf[node]:
        return float(trees.value[node])
    left, right = root + int(trees.left[node]), root + int(trees.right[node])
    feature = int(trees.feature_idx[node])
    if feature in features:
        value = row[feature]
        goes_left = (
            trees.missing_go_to_left[node]
            if np.isnan(value)
            else value <= trees.num_threshold[node]
        )
        return known(trees, row, features, root, left if goes_left else right)
    share = trees.count[left] / trees.count[node]
    one, other = (known(trees, row, features, root, child) for child in (left, right))
    return float(share * one + (1 - share) * other)


def margin(trees: Trees, row: NDArray[np.float64], features: frozenset[int]) -> float:
    roots = trees.offset[:-1].tolist()
    return float(trees.base[0]) + sum(known(trees, row, features, root, root) for root in roots)


def by_enumeration(trees: Trees, row: NDArray[np.float64]) -> list[float]:
    """Return the Shapley values by their definition."""
    found = []
    for one in range(FEATURES):
        others = [f for f in range(FEATURES) if f != one]
        total = 0.0
        for size in range(FEATURES):
            weight = factorial(size) * factorial(FEATURES - size - 1) / factorial(FEATURES)
            for chosen in combinations(others, size):
                without = frozenset(chosen)
                gain = margin(trees, row, without | {one}) - margin(trees, row, without)
                total += weight * gain
        found.append(total)
    return found


def rows_of(seed: int, count: int) -> NDArray[np.float64]:
    random = np.random.default_rng(seed)
    rows = random.integers(-4, 5, (count, FEATURES)) / 2.0
    rows[random.random(rows.shape) < 0.2] = np.nan
    return rows


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_the_values_are_those_of_the_definition_and_add_up(seed: int) -> None:
    trees, rows = grown(seed, trees=2), rows_of(seed, 2)
    explainer = Explainer.of(trees, FEATURES)
    values = explainer.values(rows)
    everything = frozenset(range(FEATURES))
    assert explainer.expected == pytest.approx(margin(trees, rows[0], frozenset()))
    for row, found in zip(rows, values, strict=True):
        assert found == pytest.approx(by_enumeration(trees, row), abs=1e-12)
        assert explainer.expected + found.sum() == pytest.approx(margin(trees, row, everything))


def test_a_feature_that_no_tree_asks_for_has_no_part_and_no_rows_are_no_values() -> None:
    trees = grown(3)
    trees.feature_idx[trees.feature_idx == 2] = 1
    explainer = Explainer.of(trees, FEATURES)
    assert not explainer.values(rows_of(1, 50))[:, 2].any()
    assert explainer.values(rows_of(1, 0)).shape == (0, FEATURES)


def test_trained_trees_are_explained_down_to_their_margin() -> None:
    random = np.random.default_rng(5)
    rows = random.normal(size=(600, FEATURES))
    rows[random.random(rows.shape) < 0.1] = np.nan
    target = (np.nan_to_num(rows[:, 0]) + random.normal(size=600) > 0).astype(float)
    trees = boosted(rows, target, np.ones(600), kind="logistic", seed=1)
    assert trees is not None
    explainer = Explainer.of(trees, FEATURES)
    values = explainer.values(rows)
    np.testing.assert_allclose(explainer.expected + values.sum(axis=1), trees.margin(rows))
    assert np.abs(values).mean(axis=0).argmax() == 0
