"""The choice of blocking rules: pay by yield, until the budget of distinct pairs is spent.

Every rule on offer is tried on a sample of records: what it would pair them with, and how likely
those pairs are to match under a first, quick model. Then the rule that finds the most further
matches for each further pair is taken, again and again. Where all rules together fit the budget
there is nothing to choose.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.sparse import csr_matrix

from cdp.identity.block_keys import Blocks, distinct, packed, unpacked
from cdp.identity.blocking import BlockingPlan, Rule, block_cap, pair_budget

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cdp.identity.block_keys import BlockKeys

    Worth = Callable[[np.ndarray, np.ndarray, np.ndarray, float], np.ndarray]
    """(left, right, core, scale) to each pair's chance of a match: the rows to learn a quick model
    from, and the number of pairs of all records that each pair stands for."""

PROBES: Final = 2_500
JUDGED: Final = 200_000
FREE_PAIRS: Final = 250_000
MIN_YIELD: Final = 0.001
"""A match for a thousand further pairs is the least a rule must bring beyond the free ones."""


@dataclass(frozen=True, slots=True)
class Probe:
    """What the rules on offer find around a sample of records.

    Attributes:
        rules: those that find anything and could be paid for, cheapest first.
        pairs: distinct packed pairs that touch a sampled record.
        finds: pairs by rules, 1 where the rule finds the pair.
        scale: pairs of all records for each pair here.
    """

    rules: tuple[Rule, ...]
    pairs: np.ndarray
    finds: csr_matrix
    scale: float


def plan_blocking(
    keys: BlockKeys,
    records: int,
    offered: Sequence[tuple[str, ...]],
    worth: Worth,
) -> BlockingPlan:
    """Return the rules worth their pairs, those that pay best first.

    Records are numbered from 0. A rule that finds no pair of its own is left out.
    """
    cap, budget = block_cap(records), pair_budget(records)
    probe = probed(keys, records, offered)
    first = _first_finder(probe)
    added = np.bincount(first, minlength=len(probe.rules)) * probe.scale
    affordable = np.cumsum(added) <= budget
    if affordable.all():
        return BlockingPlan(_picked(probe.rules, np.flatnonzero(added)), cap)
    rng = np.random.default_rng(records)
    rows = np.arange(len(first))
    if len(rows) > JUDGED:
        rows = np.sort(rng.choice(len(rows), JUDGED, replace=False))
    left, right = unpacked(probe.pairs[rows], records)
    scale = probe.scale * len(first) / len(rows)
    chances = worth(left, right, np.flatnonzero(affordable[first[rows]]), scale)
    finds = probe.finds[rows].astype(np.float32)
    chosen = _best(finds, chances, budget / scale, FREE_PAIRS / scale)
    return BlockingPlan(_picked(probe.rules, chosen), cap)


def probed(
    keys: BlockKeys,
    records: int,
    offered: Sequence[tuple[str, ...]],
) -> Probe:
    """Return what each offered rule pairs a fixed sample of the records with."""
    cap, budget = block_cap(records), pair_budget(records)
    is_probe = np.ones(records, bool)
    if records > PROBES:
        is_probe[:] = False
        is_probe[np.random.default_rng(records).choice(records, PROBES, replace=False)] = True
    tried = []
    for columns in offered:
        blocks = Blocks(keys.of(columns), cap)
        if 0 < blocks.pairs <= budget:
            near = distinct(packed(*blocks.neighbours(is_probe), records))
            tried.append((Rule(columns, blocks.pairs), near))
    tried.sort(key=lambda trial: (trial[0].pairs, trial[0].columns))
    found = [near for _, near in tried]
    everything = np.concatenate([np.zeros(0, np.int64), *found])
    pairs = distinct(everything)
    row = np.searchsorted(pairs, everything)
    column = np.repeat(np.arange(len(found)), [len(near) for near in found])
    shape = (len(pairs), len(found))
    finds = csr_matrix((np.ones(len(row), np.int8), (row, column)), shape=shape)
    share = is_probe.mean() if records else 1.0
    return Probe(tuple(rule for rule, _ in tried), pairs, finds, 1 / (share * (2 - share)))


def _first_finder(probe: Probe) -> np.ndarray:
    """Return, per pair, the cheapest rule that finds it."""
    finds = probe.finds.sorted_indices()
    return np.asarray(finds.indices[finds.indptr[:-1]], dtype=np.int64)


def _picked(rules: tuple[Rule, ...], chosen: Sequence[int] | np.ndarray) -> tuple[Rule, ...]:
    return tuple(rules[number] for number in chosen)


def _best(finds: csr_matrix, chances: np.ndarray, budget: float, free: float) -> list[int]:
    """Return the rules to take, in order: most further matches for each further pair first."""
    by_rule = finds.T.tocsr()
    is_open = np.ones(finds.shape[0], np.float32)
    can_take = np.ones(finds.shape[1], bool)
    spent, chosen = 0.0, []
    while can_take.any():
        further = by_rule @ is_open
        can_take &= (further > 0) & (spent + further <= budget)
        matches = by_rule @ (is_open * chances.astype(np.float32))
        pays = np.where(can_take, matches / np.maximum(further, 1.0), -1.0)
        best = int(pays.argmax())
        if pays[best] < (0.0 if spent + further[best] <= free else MIN_YIELD):
            break
        chosen.append(best)
        spent += float(further[best])
        can_take[best] = False
        is_open[by_rule.indices[by_rule.indptr[best] : by_rule.indptr[best + 1]]] = 0.0
    return chosen
