"""The retention tree: a planted rule is found and told, noise is refused, nothing leaks."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysed_world import Order, analysed, customers
from builders import AS_OF, in_memory
from cdp.analyses.analysis import KINDS
from cdp.analyses.splitting import bounds, learn, reached, said
from cdp.analyses.stage import STAGE
from cdp.store import Warehouse

HORIZON = 90
FILES = {"stay": {"kind": "retention_tree", "horizon_days": HORIZON}}
ROW = "select status, words from gold.analysis"
LEAVES = "select * from gold.analysis_tree where is_leaf order by rate"


def shoppers(warehouse: Warehouse, count: int, stay: tuple[float, float], seed: int = 1) -> None:
    """Add customers with baskets of 20 or of 80, who buy in each horizon with these chances."""
    drawn = np.random.default_rng(seed)
    found: dict[str, list[Order]] = {}
    for n in range(count):
        rich = n % 2
        basket = float((20.0, 80.0)[rich] + drawn.integers(-10, 11))
        days = drawn.integers(2 * HORIZON + 1, 6 * HORIZON, drawn.integers(1, 4)).tolist()
        for window in (0, 1):
            if drawn.random() < stay[rich]:
                days.append(int(drawn.integers(window * HORIZON + 2, (window + 1) * HORIZON - 2)))
        found[f"P-{n:04}"] = [(int(day), basket) for day in sorted(set(days))]
    customers(warehouse, found)


def test_a_planted_rule_is_found_told_and_drawn(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        shoppers(warehouse, 1_000, (0.2, 0.8))
        analysed(warehouse, tmp_path, files=FILES)
        status, words = warehouse.query(ROW).row(0)
        leaves = warehouse.query(LEAVES).to_dicts()
        top = warehouse.query("select * from gold.analysis_tree where node = 0").row(0, named=True)
        charts = KINDS.get("retention_tree").draw(warehouse, "stay")
        digests = [warehouse.digest(table) for table in STAGE.writes]
        analysed(warehouse, tmp_path, files=FILES)
        assert [warehouse.digest(table) for table in STAGE.writes] == digests
        assert KINDS.get("retention_tree").draw(warehouse, "stay") == charts
    assert status == "found"
    assert len(leaves) == 2, "pruned to the one rule that there is"
    poor, rich = leaves
    assert poor["condition"].startswith("mean of a purchase day in EUR: at most")
    assert 30 <= float(poor["condition"].rpartition(" ")[2]) < 70
    assert poor["rate_low"] < 0.2 < poor["rate_high"]
    assert rich["rate_low"] < 0.8 < rich["rate_high"]
    assert top["members"] == poor["members"] + rich["members"]
    assert top["kept"] == poor["kept"] + rich["kept"]
    assert rich["words"] in words
    assert "% bought again within 90 days" in words[1]
    assert "AUC 0." in words[-1]
    assert b"bought again" in charts["tree.svg"]
    assert b"mean of a purchase day in EUR" in charts["tree.svg"]


def test_noise_gives_no_tree(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        shoppers(warehouse, 800, (0.5, 0.5))
        analysed(warehouse, tmp_path, files=FILES)
        status, words = warehouse.query(ROW).row(0)
        assert warehouse.count("gold.analysis_tree") == 0
    assert status == "nothing_found"
    assert "no fact parts" in words[0] or "no better than one rate" in words[0]


def test_a_rule_that_ended_is_refused_on_later_days(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        shoppers(warehouse, 1_000, (0.1, 0.9))
        # in the last horizon it is the other way round
        warehouse.connection.execute(
            "delete from gold.order where ordered_at >= $since", {"since": _ago(HORIZON)}
        )
        turned = {
            who: [(40, basket)]
            for who, basket in warehouse.query(
                "select profile_id, any_value(amount)::double from gold.order "
                "group by 1 having any_value(amount) < 50 order by 1"
            ).rows()
        }
        moved = pl.DataFrame({"profile_id": list(turned)})
        warehouse.connection.register("turned", moved)
        warehouse.connection.execute(
            "insert into gold.order by name select * replace (order_id || '.late' as order_id, "
            "$at::timestamp as ordered_at) from gold.order where profile_id in (from turned) "
            "qualify row_number() over (partition by profile_id order by order_id) = 1",
            {"at": _ago(40)},
        )
        analysed(warehouse, tmp_path, files=FILES)
        status, words = warehouse.query(ROW).row(0)
    assert status == "nothing_found"
    assert "the tree is no better than one rate for all" in words[0]


def test_what_came_after_the_cut_off_is_no_fact(tmp_path: Path) -> None:
    """A purchase in the held-out horizon changes who is kept and no leaf that anybody is in."""
    members = "select node, condition, members from gold.analysis_tree order by node"
    with in_memory(tmp_path) as warehouse:
        shoppers(warehouse, 800, (0.2, 0.8))
        analysed(warehouse, tmp_path, files=FILES)
        before = warehouse.query(members).rows()
        kept = warehouse.query("select kept from gold.analysis_tree where node = 0").item()
        warehouse.connection.execute(
            "delete from gold.order where ordered_at >= $since and profile_id like '%1'",
            {"since": _ago(HORIZON - 1)},
        )
        analysed(warehouse, tmp_path, files=FILES)
        assert warehouse.query(members).rows() == before
        assert warehouse.query("select kept from gold.analysis_tree where node = 0").item() < kept


def test_too_few_and_all_alike_are_said(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        shoppers(warehouse, 399, (0.2, 0.8))
        analysed(warehouse, tmp_path, files=FILES)
        assert warehouse.query(ROW).row(0)[0] == "insufficient_data"
    with in_memory(tmp_path) as warehouse:
        shoppers(warehouse, 500, (1.0, 1.0))
        analysed(warehouse, tmp_path, files=FILES)
        status, words = warehouse.query(ROW).row(0)
    assert status == "insufficient_data"
    assert "50 who did not are needed" in words[0]


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 1_000), st.integers(1, 4))
def test_every_row_comes_to_one_leaf_within_its_bounds(seed: int, depth: int) -> None:
    drawn = np.random.default_rng(seed)
    rows = drawn.integers(0, 40, (300, 3)).astype(float)
    yes = (drawn.random(300) < np.where(rows[:, 0] > 20, 0.9, 0.1)).astype(float)
    nodes = learn(rows, yes, depth=depth, smallest=20)
    here = np.stack(reached(nodes, rows))
    leaf = np.array([node.fact is None for node in nodes])
    assert np.all(here[leaf].sum(axis=0) == 1)
    assert np.all(here[leaf].sum(axis=1) >= 20)
    for number in np.flatnonzero(leaf):
        held = here[number]
        assert said(nodes, rows[held]) == pytest.approx(yes[held].mean())
        for fact, found in bounds(nodes, int(number)).items():
            assert found.low is None or rows[held, fact].min() > found.low
            assert found.high is None or rows[held, fact].max() <= found.high


def _ago(days: int) -> object:
    return AS_OF.replace(tzinfo=None) - timedelta(days=days)
