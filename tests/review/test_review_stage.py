"""What stewards are asked, and what of their decisions does not hold, on a hand-made graph."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from builders import AS_OF, Value, add, carry_out, in_memory, workspace
from cdp.review.stage import STAGE
from cdp.settings import Workspace
from cdp.store import Warehouse
from cdp.store.state import State
from cdp.store.state_decisions import Decisions, Verdict

Desk = tuple[Workspace, Warehouse]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Profiles A = a1 a2 (sure), B = b1 b2 (unsure), C = c1, V = a visitor's device of A."""
    place = workspace(tmp_path)
    with in_memory(tmp_path) as warehouse:
        for record, profile in zip(
            ("a1", "a2", "b1", "b2", "c1"), ("P-a", "P-a", "P-b", "P-b", "P-c"), strict=True
        ):
            _assign(warehouse, record, profile)
        _assign(warehouse, "v", "P-a", evidence=None)
        for left, right, weight in (
            ("a1", "a2", 20.0),
            ("b1", "b2", 0.4),
            ("a1", "b1", 1.0),
            ("a2", "b1", -1.0),
            ("a1", "c1", -4.0),
        ):
            _edge(warehouse, left, right, weight)
        _edge(warehouse, "a1", "v", 10.0, model_version="visitor")
        add(
            warehouse,
            "gold.order",
            *({"order_id": str(n), "profile_id": "P-b"} for n in range(5)),
            {"order_id": "copy", "profile_id": "P-b", "duplicate_of": "1"},
        )
        add(
            warehouse,
            "gold.consent",
            {"profile_id": "P-a", "consent_id": "s:1"},
            {"profile_id": "P-a", "channel": "default"},
        )
        yield place, warehouse


def _assign(
    warehouse: Warehouse, record: str, profile: str, evidence: str | None = "e", **more: Value
) -> None:
    row: dict[str, Value] = {"record_id": record, "profile_id": profile, "live": True}
    kind: dict[str, Value] = {"entity_type": "person", "evidence": evidence}
    add(warehouse, "identity.assignment", row | kind | more)


def _edge(
    warehouse: Warehouse, left: str, right: str, weight: float, model_version: str = "v1"
) -> None:
    row: dict[str, Value] = {"record_l": left, "record_r": right, "match_weight": weight}
    add(
        warehouse,
        "identity.edge",
        row | {"entity_type": "person", "model_version": model_version, "decided_by": "model"},
    )


def _decide(place: Workspace, left: str, right: str, verdict: Verdict) -> None:
    with State.open(place.home) as state:
        Decisions(state).add(left, right, verdict, actor="eva", reason="knows", at=AS_OF)


def _queue(desk: Desk) -> list[dict[str, Any]]:
    place, warehouse = desk
    carry_out(STAGE, warehouse, place)
    return warehouse.query("select * from identity.review order by place").to_dicts()


def test_one_question_is_asked_of_each_two_profiles_and_of_each_profile(desk: Desk) -> None:
    asked = {(i["direction"], i["profile_id"], i["other_id"]): i for i in _queue(desk)}
    assert set(asked) == {
        ("apart", "P-a", "P-b"),
        ("apart", "P-a", "P-c"),
        ("joined", "P-b", None),
    }
    apart = asked["apart", "P-a", "P-b"]
    assert (apart["record_l"], apart["record_r"], apart["scored"]) == ("a1", "b1", 2)
    assert apart["pooled_weight"] == pytest.approx((1.0 - 1.0 + 2 * -5.7708) / 4)
    assert apart["side_l"] == ["a1", "a2", "v"]
    assert (apart["records"], apart["orders"], apart["consents"]) == (5, 5, 1)
    assert apart["worth"] == pytest.approx(apart["uncertainty"] * 11)
    joined = asked["joined", "P-b", None]
    assert (joined["side_l"], joined["side_r"]) == (["b1"], ["b2"])
    assert joined["chance"] == pytest.approx(1 / (1 + 2**-0.4))


def test_the_queue_begins_with_what_is_worth_most(desk: Desk) -> None:
    worth = [item["worth"] for item in _queue(desk)]
    assert worth == sorted(worth, reverse=True)


def test_ids_of_questions_stay_when_nothing_about_them_changes(desk: Desk) -> None:
    before = {item["item_id"] for item in _queue(desk)}
    _assign(desk[1], "d1", "P-d")
    assert {item["item_id"] for item in _queue(desk)} == before


def test_what_is_decided_is_not_asked_again(desk: Desk) -> None:
    _decide(desk[0], "b2", "b1", "must_link")
    _decide(desk[0], "c1", "a2", "cannot_link")
    assert [(i["direction"], i["other_id"]) for i in _queue(desk)] == [("apart", "P-b")]


def test_a_profile_is_parted_along_its_weakest_tie_and_never_through_a_decision(
    desk: Desk,
) -> None:
    warehouse = desk[1]
    for record in ("e1", "e2", "e3", "e4"):
        _assign(warehouse, record, "P-e")
    for left, right, weight in (
        ("e1", "e2", 9.0),
        ("e3", "e4", 9.0),
        ("e1", "e3", -2.0),
        ("e1", "e4", 1.0),
        ("e2", "e3", 1.0),
        ("e2", "e4", -1.0),
    ):
        _edge(warehouse, left, right, weight)

    def halves() -> list[tuple[list[str], list[str], str, str]]:
        return [
            (i["side_l"], i["side_r"], i["record_l"], i["record_r"])
            for i in _queue(desk)
            if i["profile_id"] == "P-e"
        ]

    assert halves() == [(["e1", "e2"], ["e3", "e4"], "e1", "e3")]
    _decide(desk[0], "e1", "e3", "must_link")
    assert all({"e1", "e3"} <= set(one) or {"e1", "e3"} <= set(two) for one, two, *_ in halves())


def test_decisions_that_do_not_hold_are_told_with_their_reason(desk: Desk) -> None:
    place, warehouse = desk
    _decide(place, "a1", "b1", "must_link")
    _decide(place, "b1", "c1", "must_link")
    _decide(place, "a1", "c1", "cannot_link")
    _decide(place, "a1", "gone", "cannot_link")
    report = carry_out(STAGE, warehouse, place)
    found = warehouse.query(
        "select decision_id, reason, decisions from identity.conflict order by decision_id"
    ).rows()
    assert found == [
        (1, "not_kept", [1]),
        (2, "not_kept", [2]),
        (3, "contradicted", [1, 2, 3]),
        (4, "vanished", [4]),
    ]
    assert (report.counts["conflicts"], report.counts["decisions_waiting"]) == (3, 1)
    assert any("decisions 1, 2, 3 contradict each other" in note for note in report.notes)
