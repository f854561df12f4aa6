"""Drift by hand, versions in order, definitions that ask too little."""

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from cdp.errors import ConfigError, StateError
from cdp.scores.definition import ScoreFile
from cdp.scores.trained import drift
from cdp.scores.trained.artefact import Artefact, version_of
from cdp.scores.trained.versions import KEPT, Versions


def columns(seed: int, size: int, shift: float = 0.0) -> np.ndarray:
    random = np.random.default_rng(seed)
    found = random.normal(size=(size, 2))
    found[:, 1] += shift
    found[: size // 10, 0] = np.nan
    return found


def test_what_has_not_moved_has_no_drift_and_what_moved_is_named() -> None:
    names = ("steady", "moving")
    then = columns(1, 2000)
    told = drift.reference(names, then, columns(2, 2000), seed=1)
    assert drift.index(told["steady"], then[:, 0]) == pytest.approx(0)
    assert sum(told["steady"]["shares"]) == pytest.approx(1)
    assert told["steady"]["shares"][-1] == pytest.approx(0.1)
    again = drift.worst(told, names, columns(3, 2000))
    assert again is not None
    assert again[1] < drift.WARN < again[2] == drift.RETRAIN
    moved = drift.worst(told, names, columns(4, 2000, shift=1.5))
    assert moved is not None
    assert moved[0] == "moving"
    assert moved[1] > moved[2]
    assert drift.worst(told, names, np.empty((0, 2))) is None


def test_the_index_is_the_formula() -> None:
    told = {"edges": [0.0], "shares": [0.5, 0.5, 0.0]}
    now = np.array([-1.0, 1.0, 1.0, 1.0])
    expected = (0.25 - 0.5) * np.log(0.25 / 0.5) + (0.75 - 0.5) * np.log(0.75 / 0.5)
    assert drift.index(told, now) == pytest.approx(expected)


def test_few_customers_and_a_column_without_values_give_wide_limits() -> None:
    few = np.column_stack([np.arange(30.0), np.full(30, np.nan)])
    other = np.column_stack([np.arange(30.0)[::-1] * 3, np.full(30, np.nan)])
    told = drift.reference(("n", "empty"), few, other, seed=1)
    assert told["n"]["limit"] > drift.RETRAIN
    assert told["empty"]["edges"] == []
    assert drift.index(told["empty"], few[:, 1]) == pytest.approx(0)


def test_the_last_three_versions_are_kept(tmp_path: Path) -> None:
    versions = Versions(tmp_path, "churn")
    assert versions.pointer() is None
    assert versions.load() is None
    with pytest.raises(StateError, match="`cdp score train churn` makes one"):
        versions.back()
    names = [version_of({"number": n}) for n in range(5)]
    for name in (*names, names[-1]):
        versions.save(Artefact({"version": name}), lambda _: None)
    pointer = versions.pointer()
    assert pointer is not None
    assert pointer.trained == tuple(names[-KEPT:])
    kept = {path.name for path in versions.folder.iterdir() if path.is_dir()}
    assert kept == set(names[-KEPT:])
    assert versions.back(names[-3]).version == names[-3]
    assert versions.load(names[-2]) is not None
    with pytest.raises(StateError, match=r"change scores/churn\.yaml back first"):
        versions.back(names[-2], definition="another")
    (versions.folder / "current.json").write_text("{}", encoding="utf-8")
    with pytest.raises(StateError, match="is damaged; train anew"):
        versions.load()
    with pytest.raises(ConfigError, match="cannot be called 'identity'"):
        _ = Versions(tmp_path, "identity").folder


def test_a_model_of_another_format_is_refused(tmp_path: Path) -> None:
    versions = Versions(tmp_path, "churn")
    versions.save(Artefact({"version": "a"}), lambda _: None)
    path = versions.folder / "a" / "model.json"
    path.write_text('{"format": 9, "version": "a"}', encoding="utf-8")
    with pytest.raises(StateError, match="another format than 1"):
        versions.load()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"least_customers": 50}, "greater than or equal to 200"),
        ({"least_repeaters": 5}, "greater than or equal to 100"),
        ({"least_buyers": 5}, "greater than or equal to 50"),
        ({"horizon_days": 2}, "greater than or equal to 7"),
        ({"retrain": 0}, "at most once a day"),
        ({"retrain": "daily"}, "five fields"),
        ({"margin_percent": 0, "method": "lifetime_value"}, "greater than 0"),
    ],
)
def test_a_definition_may_ask_for_more_and_never_for_less(
    more: dict[str, object], message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        ScoreFile.model_validate({"method": "churn"} | more)


def test_bands_and_schedule_do_not_make_another_model() -> None:
    one, same, other = (
        ScoreFile.model_validate({"method": "churn"} | more).root
        for more in ({}, {"bands": {"low": 0}, "retrain": 9}, {"horizon_days": 60})
    )
    hashes = [getattr(definition, "trained_by")() for definition in (one, same, other)]  # noqa: B009
    assert hashes[0] == hashes[1] != hashes[2]
