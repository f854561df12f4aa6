"""What came of forecasts that are due: judged once, told, and trained anew where they missed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from builders import AS_OF
from cdp.errors import StateError
from cdp.scores.definition import ScoreFile
from cdp.scores.trained import outcomes
from cdp.scores.trained.artefact import Artefact
from cdp.scores.trained.deciding import Case, decided
from cdp.scores.trained.outcomes import Outcome, Told, awaited, brought_up, judged
from cdp.scores.trained.purchases import date_of
from cdp.scores.trained.versions import Versions

if TYPE_CHECKING:
    from pathlib import Path

    from cdp.scores.method import Standing

DAY = (AS_OF.date() - date(1970, 1, 1)).days - 1
CARD: dict[str, Any] = {"score": "propensity", "description": "", "method": "x", "of": ["person"]}
COUNTS = {"repeaters": 9, "purchases": 900, "with_amount": 1.0, "from": None, "to": None}
DEFINITION: Any = ScoreFile.model_validate({"method": "purchase_propensity"}).root


def model(name: str, ago: int, horizon: int = 30, status: str = "published") -> Artefact:
    trained_at = AS_OF - timedelta(days=ago)
    facts = {
        "version": name,
        "definition": DEFINITION.trained_by(),
        "day": DAY - ago,
        "horizon_days": horizon,
        "status": status,
        "reasons": [],
        "marks": [],
        "trained_at": trained_at.isoformat(),
        "expires_at": (AS_OF + timedelta(days=1)).isoformat(),
        "counts": {"customers": 400, **COUNTS},
        "what": "chance of a purchase",
        "unit": "probability",
    }
    return Artefact(CARD | facts)


def told(share: float, came: float, size: int = 400) -> Told:
    """Return chances that are alike for all, a plain rule that knows no more, and who bought."""
    happened = np.zeros(size)
    happened[: round(came * size)] = 1.0
    said = np.full(size, share)
    return Told(said, happened, (said, np.full(size, 0.3), happened))


def test_what_was_said_is_compared_with_what_came() -> None:
    found = judged(model("a", 40), told(0.33, 0.3), seed=1)
    assert (found.said, found.came, found.customers) == (132, 120, 400)
    assert found.total_error == pytest.approx(0.1)
    assert found.until == (AS_OF.date() - timedelta(days=11)).isoformat()
    assert found.is_missed is False
    table = 0.3 * 0.7
    own = 0.3 * 0.67**2 + 0.7 * 0.33**2
    assert found.brier_skill == pytest.approx(1 - own / table, abs=1e-6)


@pytest.mark.parametrize(("share", "is_missed"), [(0.3, False), (0.45, True), (0.15, True)])
def test_what_is_surely_off_by_a_quarter_is_missed(share: float, *, is_missed: bool) -> None:
    amounts = replace(told(share, 0.3), chances=None)
    found = judged(model("a", 40), amounts, seed=1)
    assert (found.is_missed, found.brier_skill) == (is_missed, None)


def test_few_customers_prove_nothing_and_where_nothing_came_there_is_no_share() -> None:
    assert judged(model("a", 40), replace(told(0.5, 0.3, 10), chances=None), 1).is_missed is False
    assert judged(model("a", 40), told(0.2, 0.0), 1).total_error is None


def test_chances_that_are_worse_than_the_plain_rule_are_missed_though_their_sum_is_right() -> None:
    happened = np.repeat([1.0, 0.0], 200)
    turned = Told(happened[::-1], happened, (happened[::-1], np.full(400, 0.5), happened))
    found = judged(model("a", 40), turned, seed=1)
    assert (found.total_error, found.is_missed) == (0, True)
    assert found.brier_skill == pytest.approx(-3)


def test_a_forecast_is_judged_once_when_its_whole_horizon_is_known(tmp_path: Path) -> None:
    asked: list[str] = []

    def look(one: Artefact) -> Told:
        asked.append(one.version)
        return told(0.3, 0.3)

    models = [model("old", 40), model("rank", 40, status="ranking_only"), model("new", 29)]
    first = brought_up(tmp_path, models, DAY, look, 1)
    assert [one.model_version for one in first] == asked == ["old"]
    assert brought_up(tmp_path, models, DAY, look, 1) == outcomes.read(tmp_path) == first
    assert asked == ["old"]
    later = brought_up(tmp_path, models, DAY + 1, look, 1)
    assert [one.model_version for one in later] == ["old", "new"]
    assert outcomes.page(later).splitlines()[4].startswith("| `new` |")
    assert outcomes.page(()) == ""
    (tmp_path / outcomes.FILE).write_text("{")
    with pytest.raises(StateError, match="due forecasts are judged again"):
        outcomes.read(tmp_path)


def test_those_that_wait_are_kept_a_quarter_of_their_horizon_apart() -> None:
    every_week = [model(f"m{ago}", ago, horizon=360) for ago in range(350, 0, -7)]
    kept = sorted(int(name[1:]) for name in awaited(every_week, DAY))
    assert kept == [77, 168, 259, 350]
    assert awaited([model("due", 360, horizon=360)], DAY) == frozenset()


def decide(tmp_path: Path, *, said: float, ago: int = 5) -> tuple[Standing, list[str]]:
    """Decide on a model trained some days ago, where one of 40 days ago is due."""
    versions = Versions(tmp_path, "propensity")
    for one in (model("old", 40), model("now", ago)):
        versions.save(one, lambda _: None)
    case = Case(versions, DEFINITION, AS_OF, versions.load(), False, ZoneInfo("UTC"), False, DAY, 1)
    trained: list[str] = []

    def train() -> Artefact:
        trained.append("anew")
        return model("anew", 0)

    return decided(case, None, train, lambda _: told(said, 0.3)), trained


def test_what_came_true_stands_beside_the_model(tmp_path: Path) -> None:
    standing, trained = decide(tmp_path, said=0.31)
    assert (standing.model_version, standing.matured_version, trained) == ("now", "old", [])
    assert standing.matured_on == date_of(DAY - 10)
    assert standing.total_error == pytest.approx(0.0333, abs=1e-3)
    assert standing.marks == ()
    assert any("of old on" in note and "off by +3%" in note for note in standing.notes)


def test_a_model_that_does_not_know_of_a_miss_is_trained_anew(tmp_path: Path) -> None:
    standing, trained = decide(tmp_path, said=0.6, ago=20)
    assert (standing.model_version, trained) == ("anew", ["anew"])
    assert standing.marks == (outcomes.MISSED,)
    assert any("a forecast missed" in note for note in standing.notes)


def test_a_model_that_knows_of_a_miss_is_marked_and_kept(tmp_path: Path) -> None:
    standing, trained = decide(tmp_path, said=0.6, ago=5)
    assert (standing.model_version, standing.marks, trained) == ("now", (outcomes.MISSED,), [])


def test_an_outcome_is_told_in_a_sentence() -> None:
    nothing = Outcome("v", "2026-01-01", "2026-01-31", 9, 3.0, 0.0, None, None, is_missed=False)
    assert outcomes.sentence(nothing).endswith("3 said, 0 came, nothing came")
