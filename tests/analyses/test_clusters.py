"""Clusters of customers: what was planted is found and keeps its numbers, noise is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from analysed_world import analysed
from builders import Value, add, in_memory
from cdp.analyses.analysis import KINDS
from cdp.analyses.grouping import numbered
from cdp.analyses.stage import STAGE
from cdp.store import Warehouse

NAMES = ("recency_days", "orders", "average_basket", "tenure_days", "interactions_90d")
KINDS_OF_BUYER = {
    "loyal": (8, 30, 60, 900, 40),
    "lapsed": (400, 3, 50, 800, 1),
    "fresh": (12, 2, 45, 20, 15),
    "big": (60, 6, 900, 500, 6),
}
"""Middle of each fact of NAMES."""
MEMBERS = "select profile_id, cluster from gold.analysis_cluster_member order by profile_id"
ROW = "select status, words, marks from gold.analysis"


def facts(warehouse: Warehouse, who: list[str], values: np.ndarray[Any, Any]) -> None:
    rows: list[dict[str, Value]] = [
        {
            "profile_id": one,
            "entity_type": "person",
            "currency": "EUR",
            **dict(zip(NAMES, (round(float(value)) for value in row), strict=True)),
        }
        for one, row in zip(who, values, strict=True)
    ]
    add(warehouse, "gold.feature", *rows)


def planted(warehouse: Warehouse, each: int, *, seed: int = 1, begin: int = 0) -> dict[str, str]:
    """Add so many customers of each kind; return the kind of each."""
    drawn = np.random.default_rng(seed)
    known: dict[str, str] = {}
    for kind, middle in KINDS_OF_BUYER.items():
        who = [f"P-{kind}-{n:04}" for n in range(begin, begin + each)]
        spread = np.exp(drawn.normal(0, 0.25, (each, len(middle))))
        facts(warehouse, who, np.maximum(np.array(middle) * spread, 1))
        known |= dict.fromkeys(who, kind)
    return known


def clusters(warehouse: Warehouse) -> dict[str, int]:
    return dict(warehouse.query(MEMBERS).rows())


def by_kind(members: dict[str, int], known: dict[str, str]) -> dict[str, int]:
    """Return the cluster that most of each kind are in."""
    found: dict[str, int] = {}
    for kind in KINDS_OF_BUYER:
        held = [cluster for who, cluster in members.items() if known[who] == kind]
        found[kind] = max(set(held), key=held.count)
    return found


def test_planted_clusters_are_found_named_and_keep_their_numbers(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        known = planted(warehouse, 80)
        report = analysed(warehouse, tmp_path, ask=["clusters"])
        members = clusters(warehouse)
        assert set(members) == set(known)
        order = sorted(known)
        score = adjusted_rand_score([known[w] for w in order], [members[w] for w in order])
        assert score > 0.9
        assert report.counts["found"] == 1
        before = by_kind(members, known)
        assert sorted(before.values()) == [1, 2, 3, 4]
        rows = warehouse.query("select cluster, name, members, share from gold.analysis_cluster")
        names = {cluster: name for cluster, name, *_ in rows.rows()}
        assert "high basket" in names[before["big"]]
        assert names[before["loyal"]].startswith("buys often")
        assert "long ago" in names[before["lapsed"]]
        assert "new" in names[before["fresh"]]
        assert rows["members"].sum() == len(known)
        assert rows["share"].sum() == pytest.approx(1)
        digests = [warehouse.digest(table) for table in STAGE.writes]
        charts = KINDS.get("clusters").draw(warehouse, "clusters")
        analysed(warehouse, tmp_path, ask=["clusters"])
        assert [warehouse.digest(table) for table in STAGE.writes] == digests
        assert KINDS.get("clusters").draw(warehouse, "clusters") == charts
        assert b"average basket" in charts["profiles.svg"]

        # many more of one kind: it is the largest by far, and what was told of the others stays
        warehouse.connection.execute(
            "delete from gold.feature where profile_id between 'P-fresh-005' and 'P-fresh-9'"
        )
        known |= planted(warehouse, 100, seed=2, begin=500)
        analysed(warehouse, tmp_path, ask=["clusters"])
        assert by_kind(clusters(warehouse), known) == before


def test_the_profile_of_a_cluster_is_that_of_its_members(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        planted(warehouse, 60)
        analysed(warehouse, tmp_path, ask=["clusters"])
        told = warehouse.query(
            "select cluster, mean from gold.analysis_cluster_feature "
            "where feature = 'average_basket' order by 1"
        ).rows()
        own = warehouse.query(
            "select m.cluster, avg(f.average_basket) from gold.analysis_cluster_member as m "
            "inner join gold.feature as f on f.profile_id = m.profile_id group by 1 order by 1"
        ).rows()
        assert [c for c, _ in told] == [c for c, _ in own]
        assert [m for _, m in told] == pytest.approx([float(m) for _, m in own])
        weighted = warehouse.query(
            "select feature, sum(f.difference * c.members) as away "
            "from gold.analysis_cluster_feature as f inner join gold.analysis_cluster as c "
            "on c.cluster = f.cluster group by 1"
        )
        assert weighted["away"].to_list() == pytest.approx([0.0] * len(NAMES), abs=1e-3)


def test_noise_gives_no_clusters(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        drawn = np.random.default_rng(4)
        values = np.exp(drawn.normal(4, 0.8, (500, len(NAMES))))
        facts(warehouse, [f"P-{n:04}" for n in range(500)], np.maximum(values, 1))
        analysed(warehouse, tmp_path, ask=["clusters"])
        status, words, _ = warehouse.query(ROW).row(0)
        assert status == "nothing_found"
        assert "500 customers fall into no 3 to 8 clusters" in words[0]
        assert clusters(warehouse) == {}
        assert warehouse.count("gold.analysis_cluster") == 0


def test_too_few_customers_and_equal_ones_are_said(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        alike = np.tile([10, 2, 30, 100, 5], (250, 1))
        facts(warehouse, [f"P-{n:03}" for n in range(199)], alike[:199])
        analysed(warehouse, tmp_path, ask=["clusters"])
        assert warehouse.query(ROW).row(0)[0] == "insufficient_data"
        facts(warehouse, [f"P-{n:03}" for n in range(199, 250)], alike[:51])
        analysed(warehouse, tmp_path, ask=["clusters"])
        status, words, _ = warehouse.query(ROW).row(0)
    assert status == "nothing_found"
    assert "hardly differ" in words[0]


@settings(max_examples=50)
@given(st.permutations(range(5)), st.integers(1, 5))
def test_numbers_follow_the_centres(order: list[int], kept: int) -> None:
    centres = np.array([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0], [9.0, 9.0], [20.0, 4.0]])
    before = {place + 3: centres[place] for place in range(kept)}
    found = numbered(centres[order], [5, 4, 3, 2, 1], before)
    assert len(set(found)) == len(found)
    for place, number in zip(order, found, strict=True):
        assert number == place + 3 if place < kept else number > kept + 2
