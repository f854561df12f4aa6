"""Blocks, their keys and the choice of rules; and that a delta of keys gives the full answer."""

from itertools import combinations

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from cdp.identity.block_keys import (
    KEY_SCHEMA,
    Blocks,
    Candidates,
    blocks_of,
    crossed,
    keys_of,
    pairs_of,
    touching,
)
from cdp.identity.blocking import (
    BlockingPlan,
    Rule,
    block_cap,
    candidate_pairs,
    pair_budget,
    random_pairs,
)
from cdp.identity.blocking_choice import plan_blocking
from cdp.store import scratch

Held = dict[int, set[tuple[int, int]]]
"""Per record its keys as (rule, key)."""

CAP = 3


def as_set(pairs: Candidates) -> set[tuple[int, int]]:
    left, right = pairs
    found = list(zip(left.tolist(), right.tolist(), strict=True))
    assert len(found) == len(set(found))
    assert found == sorted(found)
    return set(found)


def blocked(frame: pl.DataFrame, plan: BlockingPlan) -> set[tuple[int, int]]:
    connection = scratch()
    connection.register("t", frame)
    found = as_set(candidate_pairs(connection, "t", plan, len(frame)))
    keys = keys_of(connection, "t", [rule.columns for rule in plan.rules])
    assert as_set(pairs_of(keys, plan.block_cap)) == found
    return found


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

    plan = plan_blocking(connection, "t", 20, (("family",), ("given",)), never)
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
    plan = plan_blocking(connection, "t", size, rules, worth)
    names = [rule.columns[0] for rule in plan.rules]
    assert names[0] in {"twin", "also_twin"}
    assert len({"twin", "also_twin"}.intersection(names)) == 1
    assert 1 < len(names) < 5
    assert len(candidate_pairs(connection, "t", plan, size)[0]) <= 1.1 * pair_budget(size)


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
    rows = [(rule, key, record) for record, keys in held.items() for rule, key in keys]
    return pl.DataFrame(rows, schema=KEY_SCHEMA, orient="row")


def expected(held: Held) -> set[tuple[int, int]]:
    blocks: dict[tuple[int, int], set[int]] = {}
    for record, keys in held.items():
        for key in keys:
            blocks.setdefault(key, set()).add(record)
    small = [sorted(block) for block in blocks.values() if len(block) <= CAP]
    return {pair for block in small for pair in combinations(block, 2)}


keys_held = st.sets(st.tuples(st.integers(0, 2), st.integers(0, 3)), max_size=5)
populations = st.dictionaries(st.integers(0, 11), keys_held, max_size=12)


@settings(deadline=None)
@given(populations)
def test_pairs_are_those_of_blocks_within_the_cap(held: Held) -> None:
    keys = table(held)
    assert as_set(pairs_of(keys, CAP)) == expected(held)
    counted = sum(Blocks(part, CAP).pairs for part in keys.partition_by("rule"))
    assert counted >= len(expected(held))


@settings(deadline=None, max_examples=200)
@given(populations, populations)
def test_what_a_delta_touches_makes_up_the_full_answer(before: Held, changed: Held) -> None:
    """Records change, come and go, so that blocks cross the cap in both directions."""
    after = {record: keys for record, keys in (before | changed).items() if keys}
    then, now = table(before), table(after)
    moved = [r for r in before | after if before.get(r, set()) != after.get(r, set())]
    touched = pl.Series(moved, dtype=pl.Int64)
    old, new = (
        blocks_of(pl.concat([then, now]).lazy(), touched)
        .select("rule", "key")
        .unique()
        .join(keys.lazy(), on=["rule", "key"])
        .select(KEY_SCHEMA.keys())
        .collect()
        for keys in (then, now)
    )
    affected = pl.concat([touched, crossed(old, new, CAP)]).unique()
    chosen = set(affected.to_list())
    part = blocks_of(now.lazy(), affected).collect()
    renewed = as_set(touching(part, CAP, affected))
    untouched = {p for p in as_set(pairs_of(then, CAP)) if not chosen.intersection(p)}
    assert renewed == {p for p in expected(after) if chosen.intersection(p)}
    assert untouched | renewed == expected(after)


def test_a_record_in_several_rows_blocks_under_each_of_its_values() -> None:
    frame = pl.DataFrame(
        {"unique_id": [0, 1, 2, 0, 0], "family": ["a", "b", "c", "b", "b"], "city": ["x"] * 5}
    )
    connection = scratch()
    connection.register("t", frame)
    plan = BlockingPlan((Rule(("family", "city"), 1),), 50)
    assert as_set(candidate_pairs(connection, "t", plan, 3)) == {(0, 1)}
