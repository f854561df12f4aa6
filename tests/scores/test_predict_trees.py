"""Trees as arrays say what scikit-learn says, and a file that holds something else is refused."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from cdp.scores.predict.boosting import boosted
from cdp.scores.predict.trees import ModelFileError, Trees, checked, load, save, trees_of

RANDOM = np.random.default_rng(5)
MATRIX = RANDOM.normal(size=(700, 5))
MATRIX[RANDOM.random(MATRIX.shape) < 0.15] = np.nan
MATRIX[:, 4] = np.nan
KNOWN = MATRIX[:, :4]
TARGET = (np.nan_to_num(MATRIX[:, 0]) + RANDOM.normal(size=700) > 0.3).astype(float)
COUNT = RANDOM.poisson(np.exp(np.nan_to_num(MATRIX[:, 1]) / 2)).astype(float)
ONES = np.ones(700)


def _trees() -> Trees:
    found = boosted(MATRIX, TARGET, ONES, kind="logistic", seed=1)
    assert found is not None
    return found


def test_margin_is_that_of_scikit_learn() -> None:
    model = HistGradientBoostingClassifier(max_leaf_nodes=8, max_iter=20).fit(KNOWN, TARGET)
    np.testing.assert_allclose(
        trees_of(model).margin(KNOWN), model.decision_function(KNOWN), rtol=0, atol=1e-12
    )
    means = HistGradientBoostingRegressor(loss="poisson", max_leaf_nodes=16, max_iter=20)
    means.fit(KNOWN, COUNT)
    np.testing.assert_allclose(
        np.exp(trees_of(means).margin(KNOWN)), means.predict(KNOWN), rtol=1e-12
    )


def test_binned_training_is_as_good_as_scikit_learns_own() -> None:
    model = HistGradientBoostingClassifier(
        learning_rate=0.05,
        max_leaf_nodes=8,
        l2_regularization=5.0,
        min_samples_leaf=20,
        max_iter=50,
        early_stopping=False,
    ).fit(KNOWN, TARGET)
    np.testing.assert_allclose(
        _trees().margin(MATRIX), model.decision_function(KNOWN), rtol=0, atol=0.1
    )


def test_walking_node_by_node_gives_the_same() -> None:
    trees = _trees()
    rows = MATRIX[:40]
    slow = np.full(len(rows), trees.base[0])
    for start in trees.offset[:-1]:
        for number, row in enumerate(rows):
            node = 0
            while not trees.is_leaf[start + node]:
                value = row[trees.feature_idx[start + node]]
                missing = np.isnan(value) and trees.missing_go_to_left[start + node]
                goes_left = missing or value <= trees.num_threshold[start + node]
                node = (trees.left if goes_left else trees.right)[start + node]
            slow[number] += trees.value[start + node]
    np.testing.assert_allclose(trees.margin(rows), slow, rtol=0, atol=1e-12)


def test_a_file_brings_back_the_same_trees(tmp_path: Path) -> None:
    trees = _trees()
    save(trees, tmp_path / "m.npz")
    np.testing.assert_array_equal(load(tmp_path / "m.npz").margin(MATRIX), trees.margin(MATRIX))


def test_nothing_is_learned_from_one_outcome() -> None:
    assert boosted(MATRIX, np.zeros(700), ONES, kind="logistic", seed=1) is None
    assert boosted(MATRIX, np.ones(700), ONES, kind="logistic", seed=1) is None
    assert boosted(MATRIX, np.zeros(700), ONES, kind="poisson", seed=1) is None


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("left", np.zeros_like),
        ("right", lambda a: a + 1000),
        ("offset", lambda a: a[:-1]),
        ("value", lambda a: a * np.nan),
        ("is_leaf", lambda a: ~a),
        ("count", lambda a: a[:-1]),
        ("base", lambda a: np.append(a, 1.0)),
    ],
)
def test_arrays_that_make_no_trees_are_refused(name: str, change: object) -> None:
    arrays = _trees().arrays()
    arrays[name] = change(arrays[name])  # type: ignore[operator]  # a table of lambdas
    with pytest.raises(ModelFileError, match="do not make trees"):
        checked(arrays)


def test_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "m.npz").write_bytes(b"nothing")
    with pytest.raises(ModelFileError, match="is no model file"):
        load(tmp_path / "m.npz")
    np.savez(tmp_path / "part.npz", value=np.zeros(3))
    with pytest.raises(ModelFileError, match="lacks base"):
        load(tmp_path / "part.npz")
