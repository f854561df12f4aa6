"""Candidate pairs: which records are worth comparing at all.

Invariant: no block is unbounded. Records that agree on the columns of a rule form a block; blocks
above the cap are left out of that rule (a rule with a further column refines them), so the number
of pairs is bounded by records times cap, whatever placeholder a source invents.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl
from sqlglot import exp

if TYPE_CHECKING:
    from collections.abc import Callable

    from duckdb import DuckDBPyConnection

LISTS: Final = frozenset({"emails", "locals", "phones", "short_phones", "ids", "nicknames"})

CAP_PAIRS: Final = 1_500_000
SMALL_BUDGET: Final = (250_000, 40)
LARGE_BUDGET: Final = (1_500_000, 10)
GROSS: Final = 4
MIN_BLOCK_CAP: Final = 50


Candidates = tuple[np.ndarray, np.ndarray]
"""Pairs of record numbers as two arrays, left < right, each pair once, sorted."""


@dataclass(frozen=True, slots=True)
class Rule:
    """An accepted blocking rule and the pairs it gave when it was accepted."""

    columns: tuple[str, ...]
    pairs: int


@dataclass(frozen=True, slots=True)
class BlockingPlan:
    """The rules in use, cheapest first, and the largest block they may form."""

    rules: tuple[Rule, ...]
    block_cap: int


def block_cap(records: int) -> int:
    """Return the largest block worth pairing: generous on small data, 50 on large."""
    return max(MIN_BLOCK_CAP, CAP_PAIRS // max(records, 1))


def pair_budget(records: int) -> int:
    """Return how many distinct pairs are worth comparing: many a record on small data, 10 later."""
    return min(base + each * records for base, each in (SMALL_BUDGET, LARGE_BUDGET))


def plan_blocking(
    connection: DuckDBPyConnection,
    table: str,
    records: int,
    rules: tuple[tuple[str, ...], ...],
    has: Callable[[str], bool],
) -> tuple[BlockingPlan, Candidates]:
    """Return the rules that fit the budget of distinct pairs, cheapest first, and their pairs.

    A rule that finds no pair of its own is left out.
    """
    cap, budget = block_cap(records), pair_budget(records)
    counted = [
        Rule(columns, _count(connection, table, columns, cap))
        for columns in rules
        if all(has(column) for column in columns)
    ]
    affordable: list[Rule] = []
    gross = 0
    for rule in sorted(counted, key=lambda rule: (rule.pairs, rule.columns)):
        gross += rule.pairs
        if rule.pairs and gross <= GROSS * budget:
            affordable.append(rule)
    pairs = _paired(connection, table, BlockingPlan(tuple(affordable), cap))
    added = np.bincount(pairs["rule"], minlength=len(affordable))
    fits = np.cumsum(added) <= budget
    accepted = tuple(r for r, new, fit in zip(affordable, added, fits, strict=True) if new and fit)
    chosen = pairs.filter(pl.Series(fits[pairs["rule"]], dtype=pl.Boolean))
    return BlockingPlan(accepted, cap), _sorted(chosen)


def candidate_pairs(connection: DuckDBPyConnection, table: str, plan: BlockingPlan) -> Candidates:
    """Return the distinct pairs of all rules of the plan."""
    return _sorted(_paired(connection, table, plan))


def _sorted(pairs: pl.DataFrame) -> Candidates:
    ordered = pairs.sort("left", "right").select(pl.col("left", "right").cast(pl.Int64))
    return ordered["left"].to_numpy(), ordered["right"].to_numpy()


def _paired(connection: DuckDBPyConnection, table: str, plan: BlockingPlan) -> pl.DataFrame:
    """Return (`left`, `right`, `rule`): every pair once, with the first rule that finds it."""
    if not plan.rules:
        return pl.DataFrame(schema={"left": pl.Int64, "right": pl.Int64, "rule": pl.Int64})
    selects = [
        _pairs_query(table, rule.columns, plan.block_cap).select(
            exp.alias_(exp.Literal.number(number), "rule")
        )
        for number, rule in enumerate(plan.rules)
    ]
    union: exp.Query = selects[0]
    for select in selects[1:]:
        union = exp.union(union, select, distinct=False)
    first = (
        exp.select("left", "right", exp.alias_(exp.func("min", exp.column("rule")), "rule"))
        .from_(union.subquery("p"))
        .group_by("left", "right")
    )
    pairs: pl.DataFrame = connection.sql(first.sql("duckdb")).pl()
    return pairs


def _keyed(table: str, columns: tuple[str, ...]) -> exp.Select:
    """Return `select distinct unique_id, key`, list columns giving one row per value."""
    source = exp.select("unique_id").from_(table)
    for column in columns:
        value = exp.func("unnest", exp.column(column)) if column in LISTS else exp.column(column)
        source = source.select(exp.alias_(value, column))
    is_known = exp.and_(*(exp.column(column).is_(exp.null()).not_() for column in columns))
    key = exp.func("hash", *(exp.column(column) for column in columns))
    return (
        exp.select("unique_id", exp.alias_(key, "key"))
        .distinct()
        .from_(source.subquery("source"))
        .where(is_known)
    )


def _sized(cap: int) -> exp.Select:
    count = exp.Count(this=exp.Star())
    return (
        exp.select("key", exp.alias_(count, "size"))
        .from_("keyed")
        .group_by("key")
        .having(exp.Between(this=count, low=exp.Literal.number(2), high=exp.Literal.number(cap)))
    )


def _count(connection: DuckDBPyConnection, table: str, columns: tuple[str, ...], cap: int) -> int:
    query = (
        exp.select("cast(coalesce(sum(size * (size - 1) / 2), 0) as bigint)")
        .from_("sized")
        .with_("keyed", as_=_keyed(table, columns))
        .with_("sized", as_=_sized(cap))
    )
    return int(connection.execute(query.sql("duckdb")).fetchall()[0][0])


def _pairs_query(table: str, columns: tuple[str, ...], cap: int) -> exp.Select:
    inner = (
        exp.select(
            exp.column("unique_id", "l").as_("left"), exp.column("unique_id", "r").as_("right")
        )
        .from_(exp.to_table("keyed").as_("l"))
        .join(exp.to_table("sized").as_("s"), on="s.key = l.key")
        .join(exp.to_table("keyed").as_("r"), on="r.key = l.key and l.unique_id < r.unique_id")
        .with_("keyed", as_=_keyed(table, columns))
        .with_("sized", as_=_sized(cap))
    )
    return exp.select("left", "right").from_(inner.subquery("p"))


def random_pairs(records: int, wanted: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return all pairs of the records if they are few enough, else a seeded random sample."""
    if records * (records - 1) // 2 <= wanted:
        left, right = np.triu_indices(records, 1)
        return left.astype(np.int64), right.astype(np.int64)
    rng = np.random.default_rng(seed)
    left, right = rng.integers(0, records, wanted), rng.integers(0, records, wanted)
    apart = left != right
    return np.minimum(left, right)[apart], np.maximum(left, right)[apart]


def has_data(records: pl.DataFrame) -> dict[str, bool]:
    """Return, per column, whether at least 2 % of the records fill it with two or more values."""
    return {name: _is_filled(records[name], len(records)) for name in records.columns}


MIN_FILL: Final = 0.02
MIN_DISTINCT: Final = 2
FEW_RECORDS: Final = 10


def _is_filled(column: pl.Series, records: int) -> bool:
    values = column.drop_nulls()
    if isinstance(column.dtype, pl.List):
        values = values.filter(values.list.len() > 0)
        filled, values = len(values), values.explode()
    else:
        filled = len(values)
    is_varied = values.n_unique() >= MIN_DISTINCT or records < FEW_RECORDS
    return filled > 0 and filled >= MIN_FILL * records and is_varied
