"""Predictive scores in a workspace: published with reasons, kept as files, watched, taken back."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from builders import AS_OF, add, carry_out, in_memory, parsed, workspace
from cdp.errors import StateError, UnknownNameError
from cdp.scores.bought import currency
from cdp.scores.stage import STAGE
from cdp.scores.trained import purchases
from cdp.scores.trained.forecaster_files import plain, revived
from cdp.scores.trained.listing import listing, one
from cdp.scores.trained.outcomes import read
from cdp.scores.trained.versions import Versions
from cdp.settings import Workspace
from cdp.stage import Delta, Report, Run
from cdp.store import Warehouse
from purchase_world import NOW, fill, orders

FILES: dict[str, object] = {
    "scores/propensity.yaml": {
        "method": "purchase_propensity",
        "horizon_days": 60,
        "bands": {"unlikely": 0, "likely": 0.5},
    },
    "scores/next.yaml": {"method": "next_purchase", "horizon_days": 60},
}
World = tuple[Warehouse, Workspace]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Offer a few hundred customers, scored by two models."""
    folder = tmp_path_factory.mktemp("trained")
    with in_memory(folder) as warehouse:
        fill(warehouse, orders(240, days=620))
        place = workspace(folder, FILES)
        carry_out(STAGE, warehouse, place)
        yield warehouse, place


def scored(warehouse: Warehouse, score: str) -> list[dict[str, Any]]:
    sql = "select * from gold.score where score = $score order by profile_id"
    return warehouse.query(sql, score=score).to_dicts()


def test_values_are_published_with_reasons_that_add_up(world: World) -> None:
    rows = scored(world[0], "propensity")
    assert len(rows) == 240
    assert {row["status"] for row in rows} == {"published"}
    assert {row["band"] for row in rows} == {"unlikely", "likely"}
    assert {row["decile"] for row in rows} == set(range(1, 11))
    by_value = sorted(rows, key=lambda row: row["value"])
    assert [row["decile"] for row in by_value] == sorted(row["decile"] for row in rows)
    for row in rows:
        reasons = parsed(row["explanation"])
        points = [float(str(reason["points"])) for reason in reasons]
        assert sum(points) == pytest.approx(row["value"], abs=1e-9)
        assert 0 < row["value"] < 1
        assert "a typical customer" in {reason["because"] for reason in reasons}
        assert len(reasons) <= 5
    told = " ".join(str(reason["because"]) for row in rows for reason in parsed(row["explanation"]))
    for words in ("last purchase ", "days as a customer", "buys every ", " EUR a purchase"):
        assert words in told


def test_a_window_is_named_only_where_a_purchase_is_likely(world: World) -> None:
    rows = scored(world[0], "next")
    for row in rows:
        detail = json.loads(row["detail"])
        assert (detail["from"] is not None) == (row["value"] >= 0.5)
        assert detail["to"] is None or detail["from"] <= detail["to"]
    assert any(json.loads(row["detail"])["from"] for row in rows)


def test_the_model_is_kept_as_files_that_hold_nobody(world: World) -> None:
    _, place = world
    versions = Versions(place.home, "propensity")
    model = versions.load()
    assert model is not None
    folder = versions.folder / model.version
    names = {path.name for path in folder.iterdir()}
    charts = {"calibration.svg", "deciles.svg", "importance.svg"}
    assert names == {"model.json", "model.npz", "card.md"} | charts
    for path in folder.iterdir():
        assert b"P-0" not in path.read_bytes()
    assert all(array.dtype.kind in "fib" for array in model.arrays.values())
    customers = model.facts["counts"]["customers"]
    nodes = max(len(model.part(p)["value"]) for p in ("buy", "count", "spend"))
    shapes = {len(array) for name, array in model.arrays.items() if name.startswith("table.")}
    assert max(shapes) < customers
    assert nodes < customers * 8
    facts, arrays = plain(revived(model))
    assert facts == model.facts["forecaster"]
    assert all(np.array_equal(array, model.arrays[name]) for name, array in arrays.items())
    card = (folder / "card.md").read_text(encoding="utf-8")
    assert "**Published: values are told.**" in card
    assert "| recency | `recency`" in card
    assert "95 % interval" in card


def test_scores_are_listed_with_their_models(world: World) -> None:
    _, place = world
    rows = {row["score"]: row for row in listing(place, AS_OF + timedelta(days=3))}
    model = rows["propensity"]["model"]
    assert (model["status"], model["age_days"], model["is_pinned"]) == ("published", 3, False)
    assert [v["is_current"] for v in model["versions"]] == [True]
    assert model["versions"][0]["gain_low"] > 0
    told = one(place, "propensity", AS_OF)
    assert told["card"]["version"] == model["model_version"]
    with pytest.raises(UnknownNameError, match="unknown version of propensity 'v9'"):
        one(place, "propensity", AS_OF, "v9")
    with pytest.raises(UnknownNameError, match="unknown score 'x'; known: next, propensity"):
        one(place, "x", AS_OF)


def touch(warehouse: Warehouse, ids: list[str]) -> None:
    for kind in ("profile_id", "account_id"):
        frame = pl.DataFrame({kind: ids if kind == "profile_id" else []}, {kind: pl.String})
        warehouse.put(f"step.touched_{kind}", frame)


def delta(world: World, run_id: int) -> Report | None:
    warehouse, place = world
    assert STAGE.delta is not None
    with warehouse.transaction():
        return STAGE.delta(Run(run_id, AS_OF, AS_OF, 1, warehouse, place), Delta(run_id - 1, {}))


def test_touched_customers_get_what_a_full_run_gives_them(world: World) -> None:
    warehouse, place = world
    before = scored(warehouse, "propensity")
    ids = ["P-0003", "P-0007", "P-0011"]
    more = [
        {**order, "order_id": f"new:{n}", "profile_id": who, "ordered_at": NOW - timedelta(days=2)}
        for n, (who, order) in enumerate(zip(ids, orders(3), strict=False))
    ]
    add(warehouse, "gold.order", *more)
    touch(warehouse, ids)
    assert delta(world, 2) is not None
    after = scored(warehouse, "propensity")
    moved = {row["profile_id"] for row, old in zip(after, before, strict=True) if row != old}
    assert moved == set(ids)
    digests = [warehouse.digest(table) for table in ("gold.score", "gold.score_model")]
    carry_out(STAGE, warehouse, place, run_id=3)
    assert [warehouse.digest(t) for t in ("gold.score", "gold.score_model")] == digests


def what_came_is_told(warehouse: Warehouse, versions: Versions, version: str) -> None:
    (outcome,) = read(versions.folder)
    assert outcome.model_version == version
    assert abs(outcome.total_error or 1) < 0.5
    matured = "select matured_version, total_error, brier_skill from gold.score_model"
    row = (version, outcome.total_error, outcome.brier_skill)
    assert warehouse.query(matured).row(0) == row


@pytest.mark.long
def test_a_model_is_trained_anew_when_it_expires_and_can_be_taken_back(
    world: World, tmp_path: Path
) -> None:
    warehouse, _ = world
    place = workspace(tmp_path, {"scores/propensity.yaml": FILES["scores/propensity.yaml"]})
    versions, first = Versions(place.home, "propensity"), AS_OF - timedelta(days=61)
    carry_out(STAGE, warehouse, place, as_of=first)
    old = versions.pointer()
    assert old is not None
    watched = carry_out(STAGE, warehouse, place, as_of=first + timedelta(days=7))
    assert not any("trained" in note.partition(";")[0] for note in watched.notes)
    drift = warehouse.query("select drift, drift_of, drift_limit, age_days from gold.score_model")
    value, _, limit, age = drift.row(0)
    assert (age, 0 <= value < limit) == (7, True)
    report = carry_out(STAGE, warehouse, place, as_of=AS_OF)
    assert any("(the one before was 61 days old)" in note for note in report.notes)
    what_came_is_told(warehouse, versions, old.version)
    new = versions.pointer()
    assert new is not None
    assert new.trained == (old.version, new.version)
    back = versions.back()
    assert (back.version, back.is_pinned) == (old.version, True)
    touch(warehouse, [])
    assert STAGE.delta is not None
    run = Run(9, AS_OF, AS_OF, 1, warehouse, place)
    assert STAGE.delta(run, Delta(8, {})) is None
    carry_out(STAGE, warehouse, place, as_of=AS_OF)
    assert {row["model_version"] for row in scored(warehouse, "propensity")} == {old.version}
    with pytest.raises(StateError, match="has no version before"):
        versions.back()
    (versions.folder / old.version / "model.npz").write_bytes(b"PK")
    with pytest.raises(StateError, match=r"cannot be read .*; train it anew, or roll back"):
        versions.load()


def test_too_few_customers_are_refused_and_rfm_stands_in(tmp_path: Path) -> None:
    files = {"scores/value.yaml": {"method": "lifetime_value", "bands": {"some": 0}}}
    with in_memory(tmp_path) as warehouse:
        fill(warehouse, orders(20))
        place = workspace(tmp_path, files)
        report = carry_out(STAGE, warehouse, place)
        rows = scored(warehouse, "value")
        model = warehouse.query("select * from gold.score_model").to_dicts()[0]
        touch(warehouse, ["P-0001"])
        assert delta((warehouse, place), 2) is not None
        assert scored(warehouse, "value") == rows
    assert len(rows) == 20
    for row in rows:
        assert (row["value"], row["band"], row["decile"]) == (None, None, None)
        assert (row["status"], row["method"]) == ("insufficient_data", "lifetime_value")
        assert parsed(row["explanation"])[0]["because"] == "20 customers, 200 needed"
        instead = json.loads(row["detail"])["instead"]
        assert instead["method"] == "rfm"
        assert sum(r["points"] for r in instead["explanation"]) == pytest.approx(instead["value"])
    assert model["status"] == "insufficient_data"
    assert any("insufficient_data: 20 customers, 200 needed" in note for note in report.notes)
    folder = Versions(place.home, "value").folder / rows[0]["model_version"]
    assert sorted(path.name for path in folder.iterdir()) == ["card.md", "model.json"]
    assert "too few data. RFM stands in" in (folder / "card.md").read_text(encoding="utf-8")


def test_purchases_are_those_known_at_the_moment(tmp_path: Path) -> None:
    def order(number: int, days: float, **more: Any) -> dict[str, Any]:
        base = {"profile_id": "P-1", "status": "completed", "currency": "EUR", "amount": 10.0}
        return base | {"order_id": str(number), "ordered_at": NOW - timedelta(days=days)} | more

    place = workspace(tmp_path, {"features.yaml": {"rates": {"USD": 0.5}}})
    with in_memory(tmp_path) as warehouse:
        add(
            warehouse,
            "gold.feature",
            {"profile_id": "P-1", "entity_type": "person", "currency": "EUR"},
            {"profile_id": "V-1", "entity_type": "visitor", "currency": "EUR"},
            {"profile_id": "A-1", "entity_type": "organisation", "currency": "EUR"},
        )
        add(
            warehouse,
            "gold.order",
            order(1, 9.5),
            order(2, 9.2, currency="USD", amount=30.0),
            order(3, 8, currency="SEK"),
            order(4, 7, status="cancelled"),
            order(5, 6, duplicate_of="1"),
            order(6, 5.5, status="returned", changed_at=NOW - timedelta(days=2.5), amount=4.0),
            order(7, 4.5, status="returned", changed_at=NOW + timedelta(days=1), amount=6.0),
            order(8, -1),
            order(9, 3.5, profile_id="V-1"),
            order(10, 3.5, profile_id=None, account_id="A-1"),
        )
        run = Run(1, AS_OF, AS_OF, 1, warehouse, place)
        purchases.gather(run)
        assert currency(warehouse) == "EUR"
        log = purchases.log_of(run, ("person",))
        assert log.ids.to_list() == ["P-1"]
        last = purchases.last_day(run)
        told = [(last - day, amount) for _, day, amount in log.rows.rows()]
        assert told == [(9, 25.0), (7, None), (5, 4.0), (4, 6.0), (2, -4.0)]
        assert purchases.log_of(run, ("organisation",)).ids.to_list() == ["A-1"]
        assert len(purchases.log_of(run, ("person", "visitor")).ids) == 2


@pytest.mark.long
def test_churn_and_lifetime_value_are_told_in_their_own_units(tmp_path: Path) -> None:
    files: dict[str, object] = {
        "scores/churn.yaml": {"method": "churn"},
        "scores/value.yaml": {
            "method": "lifetime_value",
            "horizon_days": 180,
            "margin_percent": 50,
            "discount_percent": 10,
        },
    }
    with in_memory(tmp_path) as warehouse:
        fill(warehouse, orders(500))
        carry_out(STAGE, warehouse, workspace(tmp_path, files))
        churn, value = scored(warehouse, "churn"), scored(warehouse, "value")
    assert {row["status"] for row in churn} == {"published"}
    assert {row["status"] for row in value} <= {"published", "ranking_only"}
    for row in (*churn, *value):
        points = [float(str(reason["points"])) for reason in parsed(row["explanation"])]
        detail = json.loads(row["detail"])
        assert row["value"] is None or sum(points) == pytest.approx(row["value"], abs=1e-6)
        if row["score"] == "churn":
            assert 30 <= detail["horizon_days"] <= 365
            assert 0 <= detail["p_alive"] <= 1
        else:
            assert row["value"] is None or row["value"] == round(row["value"])
            assert 0 <= detail["low"] <= detail["high"]
