"""Why two records are one: edges, the chain between them, and what stewards said."""

from pathlib import Path

import pytest

from builders import Value, add, opened
from cdp.errors import NotFoundError, StateError
from cdp.steward.explain import explain
from cdp.steward.graph import backbone, records_along, strongest_path
from cdp.store.state import State
from cdp.store.state_decisions import Decisions
from published import ADA, BOB, MERGED, NOW, copied, publish


def test_two_records_of_one_profile_are_explained_by_their_edge(base: Path) -> None:
    found = explain(base / ".cdp", "crm:1", "shop:ada@example.org", "DE")
    assert found.is_one
    assert records_along(found.path, "crm:1") == ["crm:1", "shop:ada@example.org"]
    assert found.telling == found.weakest == found.edges[0]
    assert found.decided_by == "model"
    assert [e["weights"][0]["comparison"] for e in found.edges] == ["email"]


def test_two_profiles_are_compared_by_all_their_records(base: Path) -> None:
    found = explain(base / ".cdp", ADA, "email:bob@example.net", "DE")
    assert not found.is_one
    assert (found.one.records, found.other.profile_id) == (("crm:1", "shop:ada@example.org"), BOB)
    assert [e["match_weight"] for e in found.edges] == [-3.0]
    assert found.path == ()
    assert found.tie is not None
    assert (found.tie.pairs, found.tie.scored) == (2, 1)
    assert found.tie.mean_weight == pytest.approx((-3.0 - 4 * 1.442695) / 2, abs=1e-3)


def test_a_chain_is_found_where_two_records_were_never_close(base: Path, tmp_path: Path) -> None:
    place = copied(base, tmp_path)
    with opened(tmp_path) as warehouse:
        add(
            warehouse,
            "gold.source_record",
            *({"record_id": r, "profile_id": ADA} for r in ("web:1", "web:2", "web:3")),
        )
        edge: dict[str, Value] = {"match_weight": 8.0, "weights": "[]", "decided": True}
        add(
            warehouse,
            "identity.edge",
            {"record_l": "crm:1", "record_r": "web:1"} | edge,
            {"record_l": "web:1", "record_r": "web:2"} | edge | {"match_weight": 6.0},
            {"record_l": "crm:1", "record_r": "web:2"} | edge | {"match_weight": -1.0},
        )
        publish(place, warehouse, run_id=2)
    found = explain(place.home, "crm:1", "web:2", "DE")
    assert records_along(found.path, "crm:1") == ["crm:1", "web:1", "web:2"]
    assert found.weakest is not None
    assert (found.weakest["record_l"], found.weakest["match_weight"]) == ("web:1", 6.0)
    assert explain(place.home, "crm:1", "web:3", "DE").path == ()


def test_what_a_steward_said_of_them_is_told(base: Path, tmp_path: Path) -> None:
    place = copied(base, tmp_path)
    with State.open(place.home) as state:
        for one, other in (("crm:2", "crm:1"), ("crm:1", "x:1")):
            Decisions(state).add(one, other, "cannot_link", actor="eva", reason="called", at=NOW)
    found = explain(place.home, "crm:1", BOB, "DE")
    assert [(d["verdict"], d["actor"]) for d in found.decisions] == [("cannot_link", "eva")]


def test_who_is_not_known_is_named(base: Path, tmp_path: Path) -> None:
    for unknown in ("crm:999", "nonsense"):
        with pytest.raises(NotFoundError, match=f"{unknown} is no source record"):
            explain(base / ".cdp", "crm:1", unknown, "DE")
    with pytest.raises(NotFoundError, match="was merged into"):
        explain(base / ".cdp", "crm:1", MERGED, "DE")
    with pytest.raises(NotFoundError, match="no source records"):
        explain(base / ".cdp", "crm:1", "P-visitor", "DE")
    with pytest.raises(StateError, match="cdp run"):
        explain(tmp_path, "crm:1", "crm:2", "DE")


def test_the_backbone_is_the_strongest_pairs_that_hold_all_records_together() -> None:
    weights = {("a", "b"): 9.0, ("b", "c"): 8.0, ("a", "c"): 1.0, ("c", "d"): -2.0, ("e", "f"): 3.0}
    edges = [
        {"record_l": one, "record_r": other, "match_weight": w}
        for (one, other), w in weights.items()
    ]
    kept = [(e["record_l"], e["record_r"]) for e in backbone(edges)]
    assert kept == [("a", "b"), ("b", "c"), ("e", "f"), ("c", "d")]


def test_the_path_is_the_one_whose_weakest_pair_is_strongest() -> None:
    weights = {("a", "b"): 1.0, ("a", "c"): 5.0, ("b", "c"): 4.0, ("c", "d"): 9.0}
    edges = [
        {"record_l": one, "record_r": other, "match_weight": w}
        for (one, other), w in weights.items()
    ]
    path = strongest_path(edges, "a", "b")
    assert records_along(path, "a") == ["a", "c", "b"]
    assert strongest_path(edges, "a", "z") == []
    assert records_along([], "a") == []
