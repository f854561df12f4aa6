"""Scores: RFM against quintiles by hand, rules against the formula, points that add up."""

from datetime import timedelta
from pathlib import Path

import pytest

from builders import AS_OF, Value, add, carry_out, in_memory, parsed, workspace
from cdp.errors import ConfigError
from cdp.scores.stage import STAGE
from cdp.store import Warehouse

NOW = AS_OF.replace(tzinfo=None)
RFM: dict[str, object] = {"method": "rfm", "bands": {"best": 12, "rest": 0}}


def buyer(number: int, orders: int, revenue: float, recency: int) -> dict[str, Value]:
    return {
        "profile_id": f"P-{number}",
        "entity_type": "person",
        "currency": "EUR",
        "orders": orders,
        "revenue": revenue,
        "recency_days": recency,
    }


def rules(*listed: dict[str, object], **more: object) -> dict[str, object]:
    return {"scores/s.yaml": {"method": "rules", "rules": list(listed)} | more}


def scored(warehouse: Warehouse) -> dict[str, tuple[float, str | None]]:
    rows = warehouse.query("select profile_id, value, band from gold.score").rows()
    return {profile: (value, band) for profile, value, band in rows}


def reasons(warehouse: Warehouse, profile: str) -> list[dict[str, object]]:
    rows = warehouse.query(
        "select explanation from gold.score where profile_id = $p", p=profile
    ).rows()
    return parsed(rows[0][0])


def test_rfm_gives_each_quintile_its_points(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        add(warehouse, "gold.feature", *(buyer(n, n, n * 10, 100 - n) for n in range(1, 11)))
        add(warehouse, "gold.feature", buyer(11, 0, 0, 0))
        report = carry_out(STAGE, warehouse, workspace(tmp_path, {"scores/rfm.yaml": RFM}))
        found = scored(warehouse)
        told = reasons(warehouse, "P-10")
    assert found == {
        f"P-{n}": (3.0 * ((n + 1) // 2), "best" if n > 6 else "rest") for n in range(1, 11)
    }
    assert told == [
        {"because": "last order 90 days ago, recency 5 of 5", "points": 5.0},
        {"because": "orders placed: 10, frequency 5 of 5", "points": 5.0},
        {"because": "spent 100.00 EUR, monetary 5 of 5", "points": 5.0},
    ]
    assert report.counts == {"definitions": 1, "scores": 10}
    assert report.notes == ("rfm: 6 rest, 4 best",)


def test_rfm_treats_equals_equally(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        add(warehouse, "gold.feature", *(buyer(n, 1, 10, 5) for n in range(7)))
        carry_out(STAGE, warehouse, workspace(tmp_path, {"scores/rfm.yaml": RFM}))
        assert set(scored(warehouse).values()) == {(3.0, "rest")}


def test_rfm_compares_organisations_with_organisations(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        add(warehouse, "gold.feature", *(buyer(n, 1, 10, 5) for n in range(5)))
        rich = buyer(9, 100, 1000, 1) | {"profile_id": "A-1", "entity_type": "organisation"}
        add(warehouse, "gold.feature", rich)
        both = RFM | {"of": ["person", "organisation"], "monetary": 2, "bands": {}}
        carry_out(STAGE, warehouse, workspace(tmp_path, {"scores/rfm.yaml": both}))
        found = scored(warehouse)
    assert found["A-1"] == (4.0, None)
    assert found["P-0"] == (4.0, None)


def test_events_fade_and_are_capped(tmp_path: Path) -> None:
    def happened(number: int, days: float, type_: str, **more: Value) -> dict[str, Value]:
        base: dict[str, Value] = {
            "interaction_id": f"m:{number}",
            "profile_id": "P-1",
            "type": type_,
            "channel": "email",
            "occurred_at": NOW - timedelta(days=days),
        }
        return base | more

    files = rules(
        {"because": "clicked", "event": "click", "points": 8, "channel": "email"},
        {"because": "opened", "event": "open", "points": 8, "at_most_points": 10},
        {
            "because": "left",
            "event": "leave",
            "points": -8,
            "at_most_points": 12,
            "half_life_days": 1000000,
        },
        {"because": "bought", "event": "order_placed", "points": 4, "within_days": 10},
        half_life_days=10,
        of=["person", "organisation"],
        bands={"cold": -100, "warm": 5},
    )
    with in_memory(tmp_path) as warehouse:
        add(warehouse, "gold.feature", *(buyer(n, 0, 0, 0) for n in (1, 2)))
        add(
            warehouse,
            "gold.feature",
            buyer(3, 0, 0, 0) | {"profile_id": "A-1", "entity_type": "organisation"},
        )
        add(
            warehouse,
            "gold.interaction",
            happened(1, 10, "click"),
            happened(2, 20, "click"),
            happened(3, 1, "click", channel="web"),
            happened(4, -1, "click"),
            happened(5, 0, "open"),
            happened(6, 0, "open"),
            happened(7, 1, "leave"),
            happened(8, 1, "leave", account_id="A-1"),
            happened(9, 1, "unknown", profile_id=None),
        )
        base: dict[str, Value] = {"profile_id": "P-1", "status": "completed"}
        ordered = {"ordered_at": NOW - timedelta(days=10)}
        add(
            warehouse,
            "gold.order",
            base | {"order_id": "1"} | ordered,
            base | {"order_id": "2", "ordered_at": NOW},
            base | {"order_id": "3", "ordered_at": NOW, "status": "cancelled"},
            base | {"order_id": "4", "ordered_at": NOW, "duplicate_of": "2"},
        )
        carry_out(STAGE, warehouse, workspace(tmp_path, files))
        found = scored(warehouse)
        told = reasons(warehouse, "P-1")
    # 8/2 + 8/4, then 16 capped to 10, -16 capped to -12, and 4 for one order in time
    assert found == {"P-1": (8.0, "warm"), "P-2": (0.0, "cold"), "A-1": (-8.0, "cold")}
    assert told == [
        {"because": "opened: 2 times, last on 2026-07-01", "points": 10.0},
        {"because": "clicked: 2 times, last on 2026-06-21", "points": 6.0},
        {"because": "bought: 1 time, last on 2026-07-01", "points": 4.0},
        {"because": "left: 2 times, last on 2026-06-30", "points": -12.0},
    ]


def test_a_feature_gives_points_once_within_its_bounds(tmp_path: Path) -> None:
    files = rules(
        {"because": "buys", "feature": "orders", "at_least": 2, "at_most": 3, "points": 5},
        {"because": "spends", "feature": "revenue", "at_least": 100, "points": 1.5},
        {"because": "never tried", "feature": "average_basket", "at_most": 10, "points": 7},
    )
    with in_memory(tmp_path) as warehouse:
        add(
            warehouse,
            "gold.feature",
            buyer(1, 1, 100, 0),
            buyer(2, 2, 99.99, 0),
            buyer(3, 3, 1000, 0),
            buyer(4, 4, 0, 0),
        )
        carry_out(STAGE, warehouse, workspace(tmp_path, files))
        found = {profile: value for profile, (value, _) in scored(warehouse).items()}
    assert found == {"P-1": 1.5, "P-2": 5.0, "P-3": 6.5, "P-4": 0.0}


def test_points_add_up_and_a_second_run_changes_nothing(tmp_path: Path) -> None:
    files = rules({"because": "buys", "feature": "orders", "at_least": 1, "points": 0.1})
    files["scores/rfm.yaml"] = RFM
    with in_memory(tmp_path) as warehouse:
        add(warehouse, "gold.feature", *(buyer(n, n % 4, n * 7, n % 9) for n in range(40)))
        place = workspace(tmp_path, files)
        carry_out(STAGE, warehouse, place)
        before = warehouse.digest("gold.score")
        carry_out(STAGE, warehouse, place, run_id=2)
        rows = warehouse.query("select value, explanation, version from gold.score").rows()
        assert warehouse.digest("gold.score") == before
    assert rows
    for value, explanation, _ in rows:
        points = [reason["points"] for reason in parsed(explanation)]
        assert sum(p for p in points if isinstance(p, float)) == pytest.approx(value)
    assert len({version for _, _, version in rows}) == 2


def test_a_changed_definition_is_another_version(tmp_path: Path) -> None:
    versions = set()
    changes: list[dict[str, object]] = [{}, {"recency": 2}, {"bands": {}}, {"description": "new"}]
    with in_memory(tmp_path) as warehouse:
        add(warehouse, "gold.feature", buyer(1, 1, 1, 1))
        for change in changes:
            place = workspace(tmp_path, {"scores/rfm.yaml": RFM | change})
            carry_out(STAGE, warehouse, place)
            versions.add(warehouse.query("select version from gold.score").row(0)[0])
    assert len(versions) == 3


def test_without_definitions_nobody_has_a_score(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        report = carry_out(STAGE, warehouse, workspace(tmp_path))
    assert report.counts == {"definitions": 0, "scores": 0}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("method: magic", "unknown scoring method 'magic'; known: active_contacts, .*rfm, rules"),
        ("of: [person]", "method"),
        ("- method: rfm", "valid dictionary"),
        ("method: rfm\nof: [people]", r"line 2, of\.0: .*'person'"),
        ("method: rfm\nbands: {a: 1, b: 1}", "begin at the same value"),
        ("method: rfm\nspeed: 1", "line 2, speed: Extra inputs"),
        ("method: rules\nrules: []", "at least 1 item"),
        (
            "method: rules\nrules:\n- because: a\n  points: 1",
            r"line 3, rules\.0: .*one of `event`, `feature` and `attribute`",
        ),
        (
            "method: rules\nrules:\n- {because: a, points: 1, feature: order, at_least: 1}",
            "unknown feature 'order'; known: orders, orders_365d",
        ),
        (
            "method: rules\nrules:\n- {because: a, points: 1, feature: orders}",
            "needs `at_least`, `at_most` or both",
        ),
        (
            "method: rules\nrules:\n- {because: a, points: 1, event: e, at_least: 1}",
            "for events use `at_most_points`",
        ),
    ],
)
def test_a_wrong_definition_says_where_and_what_would_do(
    tmp_path: Path, text: str, message: str
) -> None:
    place = workspace(tmp_path, {"scores/wrong.yaml": text})
    with in_memory(tmp_path) as warehouse, pytest.raises(ConfigError, match=message) as raised:
        carry_out(STAGE, warehouse, place)
    assert "wrong.yaml" in str(raised.value)
