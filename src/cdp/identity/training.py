"""Expectation maximisation of the latent classes on candidate pairs, without labels.

Invariant: the result is a function of the pairs in the order given and the seed; the caller sorts
pairs by (left, right).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.sparse import csr_matrix

from cdp.identity.classes import known_classes
from cdp.identity.comparisons import DECLARED
from cdp.identity.latent import Latent, Tables, log_intensities, tables

if TYPE_CHECKING:
    from cdp.identity.comparisons import Comparison

SAMPLE: Final = 60_000
ROUNDS: Final = 30
FROZEN_ROUNDS: Final = 2
MIN_ROUNDS: Final = 16
TOLERANCE: Final = 1e-3
DECONTAMINATED: Final = frozenset({3, 8, 15})
START_MATCH_SHARE: Final = 0.02
START_CLASS_SHARE: Final = 0.001
FLOOR_PAIRS: Final = 0.1
FLOOR_SHARE: Final = 1e-4
FLOOR_OF_MATCHES: Final = 0.003
SHRINK: Final = 0.01
SHRINK_PAIRS: Final = 5.0
AGREE_TOP: Final = 0.85
FEW_PAIRS: Final = 1000.0
LEVEL_PAIRS: Final = 0.5
TOP_PAIRS: Final = 2.5
CHANCE_PAIRS: Final = 50.0
DISAGREE: Final = {
    "given": 0.04,
    "family": 0.06,
    "birth_date": 0.05,
    "email": 0.15,
    "phone": 0.15,
    "national_id": 0.05,
    "other_ids": 0.05,
    "address": 0.2,
    "organisation": 0.05,
    "employer": 0.2,
    "gender": 0.02,
    "middle": 0.08,
}
DISAGREE_OTHERWISE: Final = 0.3
CHANCE: Final = {
    "given": 0.01,
    "family": 0.003,
    "birth_date": 0.0001,
    "email": 0.0001,
    "phone": 0.0001,
    "national_id": 0.0001,
    "other_ids": 0.0001,
    "address": 0.001,
    "organisation": 0.001,
    "employer": 0.01,
    "gender": 0.5,
    "middle": 0.02,
}
CHANCE_OTHERWISE: Final = 0.1


@dataclass(frozen=True, slots=True)
class Sample:
    """Pairs with their vectors and frequency terms, and how many pairs they stand for.

    `stands_for` is the number of pairs they were drawn from; 0 means that they are all of them.
    """

    vectors: np.ndarray
    terms: np.ndarray
    stands_for: int = 0


def train(
    comparisons: tuple[Comparison, ...],
    candidates: Sample,
    randoms: np.ndarray,
    all_pairs: float,
    seed: int,
) -> Latent:
    """Return the model learned from candidate pairs and the vectors of random pairs."""
    rng = np.random.default_rng(seed)
    count = len(candidates.vectors)
    all_candidates = float(candidates.stands_for or count)
    rows = np.arange(count)
    if count > SAMPLE:
        rows = np.sort(rng.choice(count, SAMPLE, replace=False))
    sample = Sample(candidates.vectors[rows], candidates.terms[rows])
    model = _start(comparisons, randoms, all_candidates, max(all_pairs, 1.0))
    if count == 0:
        return model
    patterns = _Patterns(sample, all_candidates / len(rows))
    random_patterns = _Patterns(Sample(randoms, np.zeros(randoms.shape, np.float32)), 1.0)
    defaults = model.m
    for turn in range(ROUNDS):
        before = model.sizes[0]
        model = _step(model, patterns, defaults if turn >= FROZEN_ROUNDS else None)
        if turn > MIN_ROUNDS and abs(model.sizes[0] / before - 1) < TOLERANCE:
            break
        if turn in DECONTAMINATED:
            model = replace(model, u=_decontaminated(model, random_patterns))
    return model


class _Patterns:
    """Pairs grouped by comparison vector; only the frequency terms differ within a group."""

    def __init__(self, sample: Sample, scale: float) -> None:
        self.vectors, self.group = _distinct_rows(sample.vectors)
        self.terms = sample.terms
        self.pairs = len(sample.vectors) * scale
        self.scale = scale
        self._is_weighed = bool(sample.terms.any())
        size = len(sample.vectors)
        self._members = csr_matrix(
            (np.ones(size), (self.group, np.arange(size))), shape=(len(self.vectors), size)
        )

    def posteriors(self, lookup: Tables) -> np.ndarray:
        """Return the probability of every class for every pair."""
        nothing = np.zeros(self.vectors.shape, np.float32)
        logs = log_intensities(lookup, self.vectors, nothing)
        if not self._is_weighed:
            return np.asarray(_chances_of(logs)[self.group])
        logs = logs[self.group]
        logs += self.terms @ lookup.rarity
        return _chances_of(logs)

    def totals(self, values: np.ndarray) -> np.ndarray:
        """Return the sums over the pairs of each pattern."""
        return np.asarray(self._members @ values) * self.scale


def _chances_of(logs: np.ndarray) -> np.ndarray:
    """Return the probability of every class by log intensities, which are used up."""
    logs -= logs.max(1, keepdims=True)
    chances = np.exp(logs, out=logs)
    chances /= chances.sum(1, keepdims=True)
    return np.asarray(chances)


def _distinct_rows(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    packed = np.ascontiguousarray(vectors).view(f"V{max(vectors.shape[1], 1)}").ravel()
    _, first, group = np.unique(packed, return_index=True, return_inverse=True)
    return vectors[first], group.ravel()


def _start(
    comparisons: tuple[Comparison, ...], randoms: np.ndarray, count: float, all_pairs: float
) -> Latent:
    classes = known_classes(comparisons)
    m = tuple(_expected(comparison) for comparison in comparisons)
    a = []
    for comparison in comparisons:
        agree = _profile(0.0, AGREE_TOP, comparison.size)
        a.append(agree / agree.sum())
    sizes = np.full(1 + len(classes), max(START_CLASS_SHARE * count, TINY_SIZE))
    sizes[0] = max(START_MATCH_SHARE * count, TINY_SIZE)
    u = tuple(_chances(randoms[:, i], np.ones(len(randoms)), c) for i, c in enumerate(comparisons))
    return Latent(comparisons, m, u, tuple(a), classes, sizes, all_pairs)


TINY_SIZE: Final = 1e-3


def _expected(comparison: Comparison) -> np.ndarray:
    """Return the level chances among matches before anything was seen."""
    if comparison.name in DECLARED:
        return np.array(DECLARED[comparison.name][1])
    return _profile(DISAGREE.get(comparison.name, DISAGREE_OTHERWISE), 0.8, comparison.size)


def _profile(bottom: float, top_share: float, size: int) -> np.ndarray:
    """Return level chances: `bottom`, a share of the rest on top, what is left in between."""
    between = size - len(("bottom", "top"))
    top = (top_share if between else 1.0) * (1 - bottom)
    chances = np.full(size, (1 - bottom - top) / max(between, 1))
    chances[0], chances[-1] = bottom, top
    return chances


def _chances(levels: np.ndarray, pair_weights: np.ndarray, comparison: Comparison) -> np.ndarray:
    """Return u: level frequencies among random pairs, leaning on a default while they are few."""
    if comparison.name in DECLARED:
        return np.array(DECLARED[comparison.name][0])
    known = levels >= 0
    counts = np.bincount(levels[known], weights=pair_weights[known], minlength=comparison.size)
    trust = counts.sum() / (counts.sum() + FEW_PAIRS)
    agree = CHANCE.get(comparison.name, CHANCE_OTHERWISE)
    default = np.full(comparison.size, agree)
    default[0] = 1 - agree * (comparison.size - 1)
    leaning = counts + 0.5 * trust + CHANCE_PAIRS * (1 - trust) * default
    return np.asarray(leaning / leaning.sum())


def _decontaminated(model: Latent, randoms: _Patterns) -> tuple[np.ndarray, ...]:
    """Return u without the matches that hide among random pairs."""
    innocent = randoms.totals(1 - randoms.posteriors(tables(model))[:, :1])[:, 0]
    return tuple(
        _chances(randoms.vectors[:, i], innocent, comparison)
        for i, comparison in enumerate(model.comparisons)
    )


def _step(model: Latent, patterns: _Patterns, defaults: tuple[np.ndarray, ...] | None) -> Latent:
    """Return the model after one round; m stays while no `defaults` to shrink to are given."""
    expected = patterns.totals(patterns.posteriors(tables(model)))
    matches = float(expected[:, 0].sum())
    floor = min(FLOOR_SHARE * patterns.pairs, FLOOR_OF_MATCHES * matches) + FLOOR_PAIRS
    sizes = np.concatenate([expected[:, :1].sum(0) + 1.0, expected[:, 2:].sum(0) + floor])
    m, a = [], []
    for column, comparison in enumerate(model.comparisons):
        levels = patterns.vectors[:, column]
        known = levels >= 0
        involved = [
            2 + k for k, evidence in enumerate(model.classes) if comparison.name in evidence
        ]
        a.append(_agreement(levels[known], expected[known][:, involved].sum(1), comparison.size))
        if defaults is None or comparison.name in DECLARED:
            m.append(model.m[column])
            continue
        counts = np.bincount(levels[known], expected[known, 0], minlength=comparison.size)
        mass = SHRINK * sizes[0] + SHRINK_PAIRS
        m.append((counts + mass * defaults[column]) / (counts.sum() + mass))
    return replace(model, m=tuple(m), a=tuple(a), sizes=sizes)


def _agreement(levels: np.ndarray, pair_weights: np.ndarray, size: int) -> np.ndarray:
    counts = np.bincount(levels, pair_weights, minlength=size).astype(np.float64)
    counts[0] = 0.0
    counts[1:] += LEVEL_PAIRS
    counts[-1] += TOP_PAIRS
    return np.asarray(counts / counts.sum())
