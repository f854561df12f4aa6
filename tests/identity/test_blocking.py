"""Blocks, their keys and the choice of rules; and that a delta reaches the full answer."""

from __future__ import annotations

from contextlib import closing
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdp.identity.block_keys import BlockKeys, Blocks, Candidates
from cdp.identity.blocking import (
    BlockingPlan,
    Rule,
    block_cap,
    candidate_pairs,
    pair_budget,
    random_pairs,
)
from cdp.identity.blocking_choice import plan_blocking
from cdp.identity.delta import reach
from cdp.store import Warehouse, scratch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from duckdb import DuckDBPyConnection

Held = dict[int, set[tuple[int, int]]]
"""Per record its keys as (rule, key)."""

CAP = 3
RECORDS = 12
KEYS = {"rule": pl.Int16(), "key": pl.UInt64(), "record": pl.Int64()}


def as_set(pairs: Candidates) -> set[tuple[int, int]]:
    left, right = pairs
    found = list(zip(left.tolist(), right.tolist(), strict=True))
    assert len(found) == len(set(found))
    assert found == sorted(found)
    return set(found)


def _keys(connection: DuckDBPyConnection, plan: BlockingPlan) -> BlockKeys:
    return BlockKeys(connection, "t", [rule.columns for rule in plan.rules])


def blocked(frame: pl.DataFrame, plan: BlockingPlan) -> set[tuple[int, int]]:
    connection = scratch()
    connection.register("t", frame)
    return as_set(candidate_pairs(_keys(connection, plan), plan, len(frame)))


def test_lists_block_on_any_value_and_nulls_on_none() -> None:
    frame = pl.DataFrame(
        {"unique_id": [0, 1, 2, 3], "emails": [["a", "b"], ["b"], None, []], "given": ["x"] * 4}
    )
    plan = BlockingPlan((Rule(("emails",), 1),), 50)
    assert blocked(frame, plan) == {(0, 1)}
    assert blocked(frame, BlockingPlan((), 50)) == set()


def test_a_block_above_the_cap_is_left_out_and_refined() -> None:
    frame = pl.DataFrame({"unique_id": range(60), "family": ["x"] * 60, "city": ["a", "b"] * 30})
    assert blocked(frame, BlockingPlan((Rule(("family",), 0),), 50)) == set()
    refined = blocked(frame, BlockingPlan((Rule(("family", "city"), 0),), 50))
    assert len(refined) == 2 * 30 * 29 // 2


def test_where_all_rules_fit_those_that_add_nothing_are_dropped() -> None:
    frame = pl.DataFrame({"unique_id": range(20), "family": ["x"] * 20, "given": ["y"] * 20})
    connection = scratch()
    connection.register("t", frame)

    def never(*_: object) -> np.ndarray:
        raise AssertionError

    rules = [("family",), ("given",)]
    plan = plan_blocking(BlockKeys(connection, "t", rules), 20, rules, never)
    assert [(rule.columns, rule.pairs) for rule in plan.rules] == [(("family",), 190)]


def test_where_they_do_not_fit_the_rules_that_pay_are_taken_first() -> None:
    size = 30_000
    number = np.arange(size)
    frame = pl.DataFrame(
        {
            "unique_id": number,
            "twin": number // 2,
            "also_twin": number // 2,
            "crowd_a": number % 600,
            "crowd_b": number // 50,
            "crowd_c": (number * 7 + number // 600) % 601,
            "crowd_d": (number * 11 + number // 600) % 607,
        }
    )
    connection = scratch()
    connection.register("t", frame)

    def worth(left: np.ndarray, right: np.ndarray, core: np.ndarray, scale: float) -> np.ndarray:
        assert 0 < len(core) < len(left)
        assert scale > 1
        return np.where(left // 2 == right // 2, 0.9, 0.002)

    rules = [(name,) for name in frame.columns if name != "unique_id"]
    plan = plan_blocking(BlockKeys(connection, "t", rules), size, rules, worth)
    names = [rule.columns[0] for rule in plan.rules]
    assert names[0] in {"twin", "also_twin"}
    assert len({"twin", "also_twin"}.intersection(names)) == 1
    assert 1 < len(names) < 5
    assert len(candidate_pairs(_keys(connection, plan), plan, size)[0]) <= 1.1 * pair_budget(size)


def test_caps_and_budgets_grow_slower_than_the_data() -> None:
    assert block_cap(1000) == 1500
    assert block_cap(1_000_000) == 50
    assert pair_budget(1_000_000) == 5_200_000
    assert pair_budget(0) == 250_000


def test_random_pairs_are_all_pairs_when_few_else_a_seeded_sample() -> None:
    left, right = random_pairs(4, 100, 1)
    assert len(left) == 6
    left, right = random_pairs(1000, 100, 7)
    again = random_pairs(1000, 100, 7)
    assert (left < right).all()
    assert np.array_equal(left, again[0])
    assert np.array_equal(right, again[1])


def table(held: Held) -> pl.DataFrame:
    rows = [(rule, key, record) for record, keys in held.items() for rule, key in sorted(keys)]
    return pl.DataFrame(rows, schema=KEYS, orient="row")


def expected(held: Held) -> set[tuple[int, int]]:
    blocks: dict[tuple[int, int], set[int]] = {}
    for record, keys in held.items():
        for key in keys:
            blocks.setdefault(key, set()).add(record)
    small = [sorted(block) for block in blocks.values() if len(block) <= CAP]
    return {pair for block in small for pair in combinations(block, 2)}


keys_held = st.sets(st.tuples(st.integers(0, 2), st.integers(0, 3)), max_size=5)
populations = st.dictionaries(st.integers(0, RECORDS - 1), keys_held, max_size=RECORDS)


def either_way(pairs: tuple[np.ndarray, np.ndarray]) -> set[tuple[int, int]]:
    left, right = (side.tolist() for side in pairs)
    return {(min(pair), max(pair)) for pair in zip(left, right, strict=True)}


@settings(deadline=None)
@given(populations, st.sets(st.integers(0, RECORDS - 1)))
def test_pairs_are_those_of_blocks_within_the_cap(held: Held, chosen: set[int]) -> None:
    is_chosen = np.isin(np.arange(RECORDS), list(chosen))
    blocks = [Blocks(part, CAP) for part in table(held).partition_by("rule")]
    whole = expected(held)
    assert set().union(*(either_way(block.joined()) for block in blocks)) == whole
    near = set().union(*(either_way(block.neighbours(is_chosen)) for block in blocks))
    assert near == {pair for pair in whole if chosen.intersection(pair)}
    assert sum(block.pairs for block in blocks) >= len(whole)


@pytest.fixture(scope="module")
def warehouse() -> Iterator[Warehouse]:
    with closing(scratch()) as connection:
        connection.execute("create schema step")
        yield Warehouse(connection)


def _keep(warehouse: Warehouse, before: Held, after: Held, moved: list[int]) -> None:
    """Leave what a delta finds: the blocks as they were, and the changed records' keys."""
    names = [f"r{number:02}" for number in range(RECORDS)]
    numbers = pl.DataFrame({"record_id": names, "number": range(RECORDS)})
    changed = numbers.filter(pl.col("number").is_in(moved))
    now = table({number: after.get(number, set()) for number in moved})
    warehouse.put("step.engine_number", numbers)
    warehouse.put("step.delta_changed", changed.select("record_id"))
    warehouse.put("step.delta_number", changed.select("number"))
    warehouse.put("step.engine_block", table(before).rename({"record": "number"}))
    warehouse.put("step.delta_block", now.rename({"record": "number"}))
    nothing = dict.fromkeys(("record_l", "record_r", "verdict"), pl.String)
    warehouse.put("step.decision", pl.DataFrame(schema=nothing))


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(before=populations, changed=populations)
def test_what_a_delta_reaches_makes_up_the_full_answer(
    warehouse: Warehouse, before: Held, changed: Held
) -> None:
    """Records change, come and go, so that blocks cross the cap in both directions."""
    after = {record: keys for record, keys in (before | changed).items() if keys}
    moved = [r for r in before | after if before.get(r, set()) != after.get(r, set())]
    _keep(warehouse, before, after, moved)
    caps = pl.DataFrame({"rule": range(3), "cap": [CAP] * 3}, schema_overrides={"rule": pl.Int16})
    reach(warehouse, caps)
    rows = warehouse.query("from step.delta_pair_reached").rows()
    reached = {(int(left[1:]), int(right[1:])) for left, right in rows}
    wanted = {int(r[1:]) for r in warehouse.query("from step.delta_wanted")["record_id"]}
    assert len(rows) == len(reached)
    assert wanted.issuperset(moved)
    assert reached == {pair for pair in expected(after) if wanted.intersection(pair)}
    untouched = {pair for pair in expected(before) if not wanted.intersection(pair)}
    assert untouched | reached == expected(after)
    assert warehouse.count("step.engine_block") == len(table(after))


def test_a_record_in_several_rows_blocks_under_each_of_its_values() -> None:
    frame = pl.DataFrame(
        {"unique_id": [0, 1, 2, 0, 0], "family": ["a", "b", "c", "b", "b"], "city": ["x"] * 5}
    )
    connection = scratch()
    connection.register("t", frame)
    plan = BlockingPlan((Rule(("family", "city"), 1),), 50)
    assert as_set(candidate_pairs(_keys(connection, plan), plan, 3)) == {(0, 1)}
