"""Candidate pairs: which records are worth comparing at all.

Invariant: no block is unbounded. Records that agree on the columns of a rule form a block; blocks
above the cap are left out of that rule, and a rule with a further column refines them, so the
number of pairs is bounded by records times cap, whatever placeholder a source invents. Candidates
follow from the plan and the records of a block alone (`block_keys`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from cdp.identity.block_keys import Blocks, Candidates, distinct, packed, unpacked

if TYPE_CHECKING:
    from cdp.identity.block_keys import BlockKeys

CAP_PAIRS: Final = 1_500_000
MIN_BLOCK_CAP: Final = 50
SMALL_BUDGET: Final = (250_000, 40)
LARGE_BUDGET: Final = (1_200_000, 4)


@dataclass(frozen=True, slots=True)
class Rule:
    """An accepted blocking rule and the pairs it gave when it was accepted."""

    columns: tuple[str, ...]
    pairs: int


@dataclass(frozen=True, slots=True)
class BlockingPlan:
    """The rules in use, those that pay best first, and the largest block they may form."""

    rules: tuple[Rule, ...]
    block_cap: int


def block_cap(records: int) -> int:
    """Return the largest block worth pairing: generous on small data, 50 on large."""
    return max(MIN_BLOCK_CAP, CAP_PAIRS // max(records, 1))


def pair_budget(records: int) -> int:
    """Return how many distinct pairs are worth comparing: many a record on small data, 4 later."""
    return min(base + each * records for base, each in (SMALL_BUDGET, LARGE_BUDGET))


def candidate_pairs(keys: BlockKeys, plan: BlockingPlan, records: int) -> Candidates:
    """Return the distinct pairs of all rules of the plan among records numbered from 0."""
    found = [np.zeros(0, np.int64)]
    for rule in plan.rules:
        left, right = Blocks(keys.of(rule.columns), plan.block_cap).joined()
        found.append(packed(left, right, records))
    return unpacked(distinct(np.concatenate(found)), records)


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
    is_varied = records < FEW_RECORDS or any(
        some.n_unique() >= MIN_DISTINCT for some in (values.head(FEW_RECORDS), values)
    )
    return filled > 0 and filled >= MIN_FILL * records and is_varied
