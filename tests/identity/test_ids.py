"""Named cases of ids: what a reader of the history sees."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from builders import Value, add, bare
from cdp.identity.ids import carry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdp.store import Warehouse

AT = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    warehouse = bare(threads=1)
    with closing(warehouse.connection):
        yield warehouse


def minted(seed: str, ordinal: int = 0, prefix: str = "P-") -> str:
    return prefix + sha256(f"{seed}#{ordinal}".encode()).hexdigest()[:20]


def run(warehouse: Warehouse, run_id: int, *clusters: str, kind: str = "person") -> dict[str, int]:
    """Carry ids to clusters given as `a b`."""
    rows = [(record, cluster, kind, None) for cluster in clusters for record in cluster.split()]
    schema = dict.fromkeys(["record_id", "cluster", "entity_type", "evidence"], pl.String)
    warehouse.put("step.ids_cluster", pl.DataFrame(rows, schema=schema, orient="row"))
    return carry(warehouse, run_id=run_id, at=AT)


def history(warehouse: Warehouse, run_id: int) -> set[tuple[Any, ...]]:
    found = warehouse.query(
        "select profile_id, event, other_id, records from identity.history where run_id = $run",
        run=run_id,
    )
    return set(found.rows())


def ids(warehouse: Warehouse) -> dict[str, str]:
    found = warehouse.query("select record_id, profile_id from identity.assignment")
    return dict(found.rows())


def statuses(warehouse: Warehouse) -> dict[str, str]:
    return dict(warehouse.query("select profile_id, status from identity.profile").rows())


A, B, C = minted("a"), minted("b"), minted("c")


def test_an_id_is_a_hash_of_its_seed_and_ordinal(warehouse: Warehouse) -> None:
    run(warehouse, 7, "b a", "c")
    assert ids(warehouse) == {"a": A, "b": A, "c": C}
    assert history(warehouse, 7) == {(A, "born", "", 2), (C, "born", "", 1)}


def test_an_organisation_gets_an_id_of_its_own_kind(warehouse: Warehouse) -> None:
    run(warehouse, 1, "a", kind="organisation")
    assert ids(warehouse) == {"a": minted("a", prefix="A-")}


def test_the_oldest_survives_a_merge_and_old_aliases_are_led_on(warehouse: Warehouse) -> None:
    run(warehouse, 1, "c")
    run(warehouse, 2, "a", "b", "c")
    run(warehouse, 3, "a b", "c")
    older, younger = sorted([A, B])
    assert history(warehouse, 3) == {
        (younger, "merged_into", older, 0),
        (older, "absorbed", younger, 2),
    }
    run(warehouse, 4, "a b c")
    assert set(ids(warehouse).values()) == {C}
    alias = warehouse.query("select retired_id, profile_id, run_id from identity.alias").rows()
    assert set(alias) == {(younger, C, 3), (older, C, 4)}


def test_the_larger_piece_of_a_split_keeps_the_id(warehouse: Warehouse) -> None:
    run(warehouse, 1, "a b c")
    run(warehouse, 2, "a", "b c")
    new = minted("a", 1)
    assert ids(warehouse) == {"a": new, "b": A, "c": A}
    assert history(warehouse, 2) == {
        (new, "born", "", 1),
        (new, "split_from", A, 1),
        (A, "split_off", new, 2),
    }


def test_of_equal_pieces_the_one_with_the_smallest_record_keeps_it(warehouse: Warehouse) -> None:
    run(warehouse, 1, "a b c d")
    run(warehouse, 2, "d a", "b c")
    assert ids(warehouse) == {"a": A, "d": A, "b": B, "c": B}


def test_an_emptied_id_is_revived_by_a_record_that_returns(warehouse: Warehouse) -> None:
    run(warehouse, 1, "a b")
    assert run(warehouse, 2) == {"emptied": 1}
    assert statuses(warehouse) == {A: "emptied"}
    assert run(warehouse, 3, "b") == {"revived": 1}
    assert statuses(warehouse) == {A: "live"}
    assert history(warehouse, 3) == {(A, "revived", "", 1)}
    assert run(warehouse, 4, "b a") == {"grew": 1}


def test_a_record_that_vanished_follows_its_id_through_a_merge(warehouse: Warehouse) -> None:
    run(warehouse, 1, "a")
    run(warehouse, 2, "a", "b c")
    run(warehouse, 3, "a b")
    assert run(warehouse, 4, "a b", "c") == {"born": 1, "split_from": 1, "split_off": 1}
    assert statuses(warehouse) == {A: "live", B: "merged", C: "live"}


def test_a_record_of_another_kind_gets_an_id_of_that_kind(warehouse: Warehouse) -> None:
    run(warehouse, 1, "a")
    run(warehouse, 2, "a", kind="organisation")
    new = minted("a", 1, prefix="A-")
    assert ids(warehouse) == {"a": new}
    assert statuses(warehouse) == {A: "emptied", new: "live"}
    reasons = warehouse.query("select event, reason from identity.history where run_id = 2")
    assert ("emptied", "its records belong to other ids now") in reasons.rows()


def test_a_visitor_who_signs_in_leads_to_the_person(warehouse: Warehouse) -> None:
    run(warehouse, 1, "v", kind="visitor")
    run(warehouse, 2, "u v")
    person = minted("u")
    assert statuses(warehouse) == {minted("v"): "merged", person: "live"}
    assert warehouse.query("select * from identity.alias").rows() == [(minted("v"), person, 2)]


@pytest.mark.parametrize(
    ("decided_by", "reason"),
    [
        ("model", "a and b match with weight 12.3"),
        ("must_link", "decided by a steward: a and b"),
        ("visitor", "signed in on this device: a and b"),
    ],
)
def test_a_merge_names_the_strongest_pair(
    warehouse: Warehouse, decided_by: str, reason: str
) -> None:
    run(warehouse, 1, "a", "b c")
    for right, weight in (("b", 12.34), ("c", 3.0)):
        edge: dict[str, Value] = {"record_l": "a", "record_r": right, "match_weight": weight}
        add(warehouse, "identity.edge", edge | {"decided": True, "decided_by": decided_by})
    run(warehouse, 2, "a b c")
    found = warehouse.query(
        'select event, reason, "at" from identity.history where run_id = 2 order by event'
    )
    at = AT.replace(tzinfo=None)
    assert found.rows() == [("absorbed", reason, at), ("merged_into", reason, at)]


def test_a_merge_without_a_scored_pair_says_so(warehouse: Warehouse) -> None:
    run(warehouse, 1, "a", "b")
    run(warehouse, 2, "a b")
    found = warehouse.query("select distinct reason from identity.history where run_id = 2")
    assert found.rows() == [("one cluster now holds records of both",)]
