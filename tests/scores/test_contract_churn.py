"""Churn of contracts: facts at cut-offs by hand, published with reasons, refused on few ends."""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pytest

from builders import AS_OF, Value, add, carry_out, in_memory, parsed, workspace
from cdp.scores.definition import ScoreFile
from cdp.scores.stage import STAGE
from cdp.scores.trained import contract_facts
from cdp.scores.trained.outcomes import read
from cdp.scores.trained.versions import Versions
from cdp.stage import Delta, Run
from cdp.store import Warehouse
from purchase_world import NOW

ENDS: Mapping[str, object] = {
    "method": "contract_churn",
    "begins": "subscribed",
    "ends": "cancelled",
    "horizon_days": 30,
}


def event(number: int, who: str, days: float, type_: str) -> dict[str, Value]:
    return {
        "interaction_id": str(number),
        "profile_id": who,
        "type": type_,
        "occurred_at": NOW - timedelta(days=days),
    }


def crowd(size: int) -> list[dict[str, Value]]:
    """Return contracts; who falls silent is about to end theirs."""
    found: list[dict[str, Value]] = []
    for number in range(size):
        random, who = Random(number), f"P-{number:04}"  # noqa: S311 - invented data
        begun = random.uniform(60, 500)
        end = begun - random.expovariate(1 / 200)
        happened = [(begun, "subscribed")]
        day = begun - random.expovariate(1 / 5)
        while day > max(end + 25, 1):
            happened.append((day, "page_viewed"))
            day -= random.expovariate(1 / 5)
        if end > 0:
            happened.append((end, "cancelled"))
        found += [event(len(found) + n, who, d, t) for n, (d, t) in enumerate(happened)]
    return found


def fill(warehouse: Warehouse, events: list[dict[str, Value]]) -> None:
    people = sorted({str(row["profile_id"]) for row in events})
    facts: list[dict[str, Value]] = [
        {"profile_id": who, "entity_type": "person", "orders": 1} for who in people
    ]
    add(warehouse, "gold.feature", *facts)
    add(warehouse, "gold.interaction", *events)


def test_facts_are_those_of_running_contracts_at_the_cut_off(tmp_path: Path) -> None:
    events = [
        event(1, "P-1", 100.5, "subscribed"),
        event(2, "P-1", 20.5, "page_viewed"),
        event(3, "P-2", 90.5, "subscribed"),
        event(4, "P-2", 5.5, "cancelled"),
        event(5, "P-3", 90.5, "subscribed"),
        event(6, "P-3", 60.5, "cancelled"),
        event(7, "P-4", 90.5, "page_viewed"),
        event(8, "P-5", 90.5, "cancelled"),
        event(9, "P-5", 50.5, "subscribed"),
    ]
    definition = ScoreFile.model_validate(ENDS).root
    with in_memory(tmp_path) as warehouse:
        fill(warehouse, events)
        run = Run(1, AS_OF, AS_OF, 1, warehouse, workspace(tmp_path))
        contract_facts.gather(run)
        day = (date(2026, 6, 30) - date(1970, 1, 1)).days - 30
        facts = contract_facts.facts_at(run, "c", definition, [day])
        rows: dict[str, dict[str, Any]] = {row["profile_id"]: row for row in facts.to_dicts()}
    assert sorted(rows) == ["P-1", "P-2", "P-5"]
    assert [rows[who]["label"] for who in sorted(rows)] == [False, True, False]
    assert rows["P-1"]["tenure_days"] == 70
    assert rows["P-1"]["events_30d"] == 0
    assert rows["P-5"]["tenure_days"] == 20
    assert rows["P-1"]["last_order_days"] is None


def test_who_falls_silent_is_told_with_reasons_and_by_delta_alike(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        fill(warehouse, crowd(500))
        place = workspace(tmp_path, {"scores/ends.yaml": ENDS})
        report = carry_out(STAGE, warehouse, place)
        rows = warehouse.query("select * from gold.score order by profile_id").to_dicts()
        assert {row["status"] for row in rows} == {"published"}, report.notes
        for row in rows:
            points = [float(str(reason["points"])) for reason in parsed(row["explanation"])]
            assert sum(points) == pytest.approx(row["value"], abs=1e-6)
        assert json.loads(rows[0]["detail"]) == {"horizon_days": 30}
        before = warehouse.digest("gold.score")
        for kind, ids in (("profile_id", [rows[0]["profile_id"]]), ("account_id", [])):
            warehouse.put(f"step.touched_{kind}", pl.DataFrame({kind: ids}, {kind: pl.String}))
        assert STAGE.delta is not None
        with warehouse.transaction():
            run = Run(2, AS_OF, AS_OF, 1, warehouse, place)
            assert STAGE.delta(run, Delta(1, {})) is not None
        assert warehouse.digest("gold.score") == before
    folder = Versions(place.home, "ends").folder / rows[0]["model_version"]
    assert "with a running contract" in (folder / "card.md").read_text(encoding="utf-8")
    for path in folder.iterdir():
        assert b"P-0" not in path.read_bytes()


def test_without_enough_ends_it_is_refused(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        fill(warehouse, crowd(12))
        report = carry_out(STAGE, warehouse, workspace(tmp_path, {"scores/ends.yaml": ENDS}))
        rows = warehouse.query("select * from gold.score").to_dicts()
    assert {row["status"] for row in rows} == {"insufficient_data"}
    assert any("50 needed" in note for note in report.notes)


def test_drift_is_watched_and_what_came_is_compared_with_what_was_said(tmp_path: Path) -> None:
    first, place = AS_OF - timedelta(days=35), workspace(tmp_path, {"scores/ends.yaml": ENDS})
    model = "select * from gold.score_model"
    with in_memory(tmp_path) as warehouse:
        fill(warehouse, crowd(500))
        carry_out(STAGE, warehouse, place, as_of=first)
        (new,) = warehouse.query(model).to_dicts()
        carry_out(STAGE, warehouse, place, as_of=first + timedelta(days=7))
        (watched,) = warehouse.query(model).to_dicts()
        carry_out(STAGE, warehouse, place, as_of=AS_OF)
        (due,) = warehouse.query(model).to_dicts()
    assert (new["drift"], new["matured_version"], new["status"]) == (None, None, "published")
    assert watched["model_version"] == new["model_version"]
    assert 0 <= watched["drift"] < watched["drift_limit"]
    assert watched["drift_of"] in {*contract_facts.FACTS, "(score)"}
    assert due["matured_version"] == new["model_version"] != due["model_version"]
    assert due["matured_on"] == (first + timedelta(days=29)).date()
    assert abs(due["total_error"]) < 0.5
    assert due["brier_skill"] > 0
    (outcome,) = read(Versions(place.home, "ends").folder)
    assert outcome.came == int(outcome.came) > 0
