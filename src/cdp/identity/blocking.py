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

PERSON_RULES: Final = tuple(
    tuple(rule.split())
    for rule in """
    emails
    locals
    phones
    short_phones
    national_id
    ids
    given family
    name_set
    nicknames family
    family birth_date
    given birth_date
    birth_date postcode
    birth_date street
    birth_date city
    family postcode
    given postcode
    street city
    street family
    street given
    street postcode
    street phones
    company postcode
    company family
    company given
    birth_date
    family
    given
    street
    postcode
    birth_year birth_month given
    birth_year birth_month family
    birth_month birth_day given
    birth_month birth_day family
    birth_year birth_day given
    birth_year birth_day family
    birth_year given
    birth_year family
    given_3 family_3
    family_sound given_sound
    given_1 family
    given_1 family_sound postcode
    given_1 family_sound city
    given_1 family_3 birth_year
    given_1 family_sound birth_year
    family city
    given city
    street_number postcode
    street_number family_sound
    given_1 family middle
    family_sound birth_date
    given_sound birth_date
    given_sound postcode
    birth_year birth_month birth_day given_1
    family extra_0
    given extra_0
    family_sound birth_year
    nicknames birth_date
    nicknames postcode
    nicknames city
    nicknames family_sound
    given_3 birth_year city
    family_3 birth_year city
    given_1 family_3 city
    birth_year postcode
    given_1 birth_year city
    """.strip().splitlines()
)
ORGANISATION_RULES: Final = tuple(
    tuple(rule.split())
    for rule in """
    emails
    phones
    short_phones
    national_id
    ids
    company
    company_6
    company_rare
    company_sorted
    company_rare city
    company_rare postcode
    company city
    company postcode
    company_6 city
    company_6 postcode
    company street
    street city
    street postcode
    street
    street_number company_rare
    street_number postcode
    """.strip().splitlines()
)
CAP_PAIRS: Final = 1_500_000
SMALL_BUDGET: Final = (250_000, 40)
LARGE_BUDGET: Final = (1_500_000, 10)
GROSS: Final = 4
MIN_BLOCK_CAP: Final = 50


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
) -> BlockingPlan:
    """Return the rules that fit the budget of distinct pairs, in ascending order of pairs.

    A rule that finds no pair of its own is left out.
    """
    cap, budget = block_cap(records), pair_budget(records)
    counted = []
    for columns in rules:
        if all(has(column) for column in columns):
            counted.append(Rule(columns, _count(connection, table, columns, cap)))
    affordable: list[Rule] = []
    gross = 0
    for rule in sorted(counted, key=lambda rule: (rule.pairs, rule.columns)):
        gross += rule.pairs
        if rule.pairs and gross <= GROSS * budget:
            affordable.append(rule)
    added = _new_pairs(connection, table, affordable, cap)
    accepted: list[Rule] = []
    distinct = 0
    for number, rule in enumerate(affordable):
        distinct += added.get(number, 0)
        if distinct > budget:
            break
        if number in added:
            accepted.append(rule)
    return BlockingPlan(tuple(accepted), cap)


def _new_pairs(
    connection: DuckDBPyConnection, table: str, rules: list[Rule], cap: int
) -> dict[int, int]:
    """Return, by rule number, the pairs that no earlier rule finds."""
    if not rules:
        return {}
    selects = [
        _pairs_query(table, rule.columns, cap).select(
            exp.alias_(exp.Literal.number(number), "rule")
        )
        for number, rule in enumerate(rules)
    ]
    union: exp.Expression = selects[0]
    for select in selects[1:]:
        union = exp.union(union, select, distinct=False)
    earliest = (
        exp.select("left", "right", exp.alias_(exp.func("min", exp.column("rule")), "rule"))
        .from_(union.subquery("p"))
        .group_by("left", "right")
    )
    counted = (
        exp.select("rule", exp.alias_(exp.Count(this=exp.Star()), "pairs"))
        .from_(earliest.subquery("e"))
        .group_by("rule")
    )
    return dict(connection.sql(counted.sql("duckdb")).pl().iter_rows())


def candidate_pairs(
    connection: DuckDBPyConnection, table: str, plan: BlockingPlan
) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct pairs of all rules as two arrays of ids, left < right, sorted."""
    if not plan.rules:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    selects = [_pairs_query(table, rule.columns, plan.block_cap) for rule in plan.rules]
    union: exp.Expression = selects[0]
    for select in selects[1:]:
        union = exp.union(union, select, distinct=True)
    pairs = connection.sql(union.sql("duckdb")).pl().sort("left", "right")
    return pairs["left"].to_numpy().astype(np.int64), pairs["right"].to_numpy().astype(np.int64)


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


def _is_filled(column: pl.Series, records: int) -> bool:
    values = column.drop_nulls()
    if isinstance(column.dtype, pl.List):
        values = values.filter(values.list.len() > 0)
        filled, values = len(values), values.explode()
    else:
        filled = len(values)
    return filled >= MIN_FILL * records and values.n_unique() >= 2
