"""Laws of the clustering, on components of any shape, against a naive reference."""

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdp.identity.classes import known_classes
from cdp.identity.comparisons import BIRTH_DATE, EMAIL, FAMILY, GENDER, GIVEN, PHONE
from cdp.identity.components import bounded_components, by_size, pairs_within
from cdp.identity.latent import Latent, judge
from cdp.identity.laws import Law
from cdp.identity.limits import Holding
from cdp.identity.linkage import LENIENT, STRICT, Clusters, Graph, chance, clusters
from cdp.identity.pooling import NOTHING, evidence, log_odds, pool, pooled

COMPARISONS = (GIVEN, FAMILY, BIRTH_DATE, EMAIL, PHONE, GENDER)
Pair = tuple[int, int]


def a_model(seed: int = 0) -> Latent:
    """Return a model whose agreements speak for a match, of random strength."""
    rng = np.random.default_rng(seed)
    classes = known_classes(COMPARISONS)

    def chances(size: int, top: float) -> np.ndarray:
        rest = rng.dirichlet(np.ones(size - 1)) * (1 - top)
        return np.append(rest, top) if top > 0.5 else np.append(rest[::-1], top)

    m = tuple(chances(c.size, 0.85) for c in COMPARISONS)
    u = tuple(np.append(0.9, np.full(c.size - 1, 0.1 / (c.size - 1))) for c in COMPARISONS)
    a = []
    for c in COMPARISONS:
        agreeing = chances(c.size, 0.85)
        agreeing[0] = 0.0
        a.append(agreeing / agreeing.sum())
    sizes = np.append(200.0, rng.uniform(0.1, 50, len(classes)))
    return Latent(COMPARISONS, m, u, tuple(a), classes, sizes, 1e6)


MODEL = a_model()
POOL = pool(MODEL)


@dataclass(frozen=True)
class Case:
    """One component: every pair has a vector and terms."""

    size: int
    vectors: np.ndarray
    terms: np.ndarray
    must: frozenset[Pair] = frozenset()
    cannot: frozenset[Pair] = frozenset()
    held: tuple[Holding, ...] = ()

    @property
    def pairs(self) -> list[Pair]:
        return list(combinations(range(self.size), 2))

    def solved(self) -> Clusters:
        left, right = (np.array(side, np.int64) for side in zip(*self.pairs, strict=True))
        must, cannot = (
            np.array([pair in chosen for pair in self.pairs]) for chosen in (self.must, self.cannot)
        )
        components = np.zeros(self.size, np.int64)
        graph = Graph(components, left, right, self.vectors, self.terms, must, cannot, self.held)
        return clusters(graph, POOL)

    def values(self, law: Law, records: frozenset[int]) -> set[int]:
        holding = next(h for h in self.held if h.law is law)
        rows = zip(holding.record.tolist(), holding.value.tolist(), strict=True)
        return {value for record, value in rows if record in records}

    def is_refused(self, one: frozenset[int], other: frozenset[int]) -> bool:
        """Return whether a limit keeps two clusters apart."""
        laws = [holding.law for holding in self.held]
        for law in laws:
            mine, theirs = self.values(law, one), self.values(law, other)
            together = len(mine | theirs)
            if law.per_profile is None or together <= law.per_profile:
                continue
            gives_way = any(
                self.values(first, one) & self.values(first, other)
                for first in laws
                if first.weight and first.priority < law.priority
            )
            if together > max(len(mine), len(theirs)) and not gives_way:
                return True
        return False


LAWS = (Law("user_id", 8.0, 2, 1), Law("loyalty_id", 4.0, None, 2), Law("email", None, 1, 3))


@st.composite
def holdings(draw: Any, size: int) -> tuple[Holding, ...]:
    """Return which records have which values of three kinds; most have one or none."""
    found = []
    for law in LAWS:
        pairs = draw(
            st.sets(st.tuples(st.integers(0, size - 1), st.integers(0, 4)), max_size=2 * size)
        )
        record, value = np.array(sorted(pairs), np.int64).reshape(-1, 2).T
        found.append(Holding(law, record, value))
    return tuple(found)


@st.composite
def cases(draw: Any, *, decided: bool = False, limited: bool = False) -> Case:
    """Return people with values of their own, some of them silent, seen through errors."""
    size = draw(st.integers(2, 8))
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    person = rng.integers(0, 3, size)
    rows, terms = [], []
    for left, right in combinations(range(size), 2):
        agree = 0.85 if person[left] == person[right] else 0.2
        levels = [
            c.size - 1 if rng.random() < agree else rng.integers(0, c.size) for c in COMPARISONS
        ]
        silent = rng.random(len(COMPARISONS)) < rng.choice([0.1, 0.6])
        rows.append(np.where(silent, -1, np.array(levels, np.int64)))
        terms.append(np.where(silent, 0.0, rng.normal(0, 0.5, len(COMPARISONS))))
    pair = st.sampled_from(list(combinations(range(size), 2)))
    chosen = st.frozensets(pair, max_size=3) if decided else st.just(frozenset[Pair]())
    return Case(
        size,
        np.array(rows, np.int8),
        np.array(terms, np.float32),
        draw(chosen),
        draw(chosen),
        draw(holdings(size)) if limited else (),
    )


def partition(labels: np.ndarray) -> set[frozenset[int]]:
    return {frozenset(np.flatnonzero(labels == name).tolist()) for name in np.unique(labels)}


def naive(case: Case, cut: float) -> set[frozenset[int]]:
    """Merge the two clusters of the highest pooled log odds, computed anew from all their pairs."""
    row_of = {pair: number for number, pair in enumerate(case.pairs)}
    groups = [frozenset([record]) for record in range(case.size)]
    while True:
        scored = []
        for one, other in combinations(groups, 2):
            crossing = {(min(a, b), max(a, b)) for a in one for b in other}
            if crossing & case.cannot:
                continue
            rows = sorted(row_of[pair] for pair in crossing)
            score = pooled(POOL, case.vectors[rows], case.terms[rows])
            forced = 1e6 if crossing & case.must else 0.0
            if not forced and case.is_refused(one, other):
                continue
            scored.append((-(score + forced), min(one), min(other), one, other))
        best = min(scored, default=None, key=lambda entry: entry[:3])
        if best is None or -best[0] <= cut:
            return set(groups)
        groups = sorted([g for g in groups if g not in best[3:]] + [best[3] | best[4]], key=min)


@given(cases(decided=True) | cases(decided=True, limited=True))
@settings(max_examples=200, deadline=None)
def test_the_strict_clusters_are_those_of_a_naive_reference(case: Case) -> None:
    assert partition(case.solved().strict) == naive(case, STRICT.cut)


@given(cases(decided=True, limited=True))
@settings(max_examples=100, deadline=None)
def test_no_merge_exceeds_a_limit_that_does_not_give_way(case: Case) -> None:
    kept = Law("user_id", None, 1, 1)
    record = np.arange(case.size)
    alone = Case(case.size, case.vectors, case.terms, held=(Holding(kept, record, record % 3),))
    for labels in (alone.solved().strict, alone.solved().lenient):
        assert all(len({r % 3 for r in group}) == 1 for group in partition(labels))


@given(cases(decided=True, limited=True))
@settings(max_examples=100, deadline=None)
def test_the_lenient_clusters_are_unions_of_the_strict_ones(case: Case) -> None:
    found = case.solved()
    assert partition(found.lenient) == naive(case, LENIENT.cut)
    for strict in partition(found.strict):
        assert len({found.lenient[record] for record in strict}) == 1


@given(cases(decided=True, limited=True))
@settings(max_examples=100, deadline=None)
def test_decisions_stand_above_the_model(case: Case) -> None:
    for labels in (case.solved().strict, case.solved().lenient):
        assert all(labels[a] != labels[b] for a, b in case.cannot)
        if not case.cannot:
            assert all(labels[a] == labels[b] for a, b in case.must)


@given(cases(), st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_the_order_of_records_and_of_pairs_does_not_matter(case: Case, random: Any) -> None:
    order = list(range(case.size))
    random.shuffle(order)
    row_of = {pair: number for number, pair in enumerate(case.pairs)}
    rows = [row_of[min(order[a], order[b]), max(order[a], order[b])] for a, b in case.pairs]
    shuffled = Case(case.size, case.vectors[rows], case.terms[rows])
    back = {frozenset(order[r] for r in group) for group in partition(shuffled.solved().strict)}
    assert back == partition(case.solved().strict)


@given(cases())
@settings(max_examples=60, deadline=None)
def test_every_cluster_is_named_after_its_smallest_record(case: Case) -> None:
    for labels in (case.solved().strict, case.solved().lenient):
        for name in np.unique(labels):
            assert np.flatnonzero(labels == name)[0] == name


@given(cases())
@settings(max_examples=60, deadline=None)
def test_of_a_single_pair_the_pooled_log_odds_are_the_log_odds(case: Case) -> None:
    single = evidence(POOL, case.vectors, case.terms)
    found = log_odds(POOL, single, np.ones(len(case.vectors)))
    verdicts = judge(MODEL, case.vectors, case.terms)
    weighed = verdicts.against_strangers > -5
    assert found[weighed] == pytest.approx(verdicts.log_odds[weighed], abs=1e-4)


def test_a_contradiction_known_of_some_is_inherited_by_their_sparse_records() -> None:
    father_and_son = [4, 4, 0, -1, 2, -1]
    sparse = [4, 4, -1, -1, 2, -1]
    top = np.array([c.size - 1 for c in COMPARISONS])
    vectors = np.array([np.where(np.array(v) > 0, top, v) for v in (father_and_son, sparse)])
    terms = np.zeros((4, len(COMPARISONS)), np.float32)
    rows = vectors[[0, 1, 1, 1]].astype(np.int8)
    assert pooled(POOL, rows, terms) <= pooled(POOL, rows[:1], terms[:1])


def test_an_agreement_known_of_few_counts_less_than_one_known_of_all() -> None:
    top = np.array([c.size - 1 for c in COMPARISONS], np.int8)
    silent = np.where(np.arange(len(COMPARISONS)) == COMPARISONS.index(EMAIL), -1, top)
    terms = np.zeros((4, len(COMPARISONS)), np.float32)
    few = np.array([top, silent, silent, silent], np.int8)
    everywhere = np.array([top] * 4, np.int8)
    nowhere = np.array([silent] * 4, np.int8)
    scores = [pooled(POOL, rows, terms) for rows in (nowhere, few, everywhere)]
    assert scores == sorted(scores)
    assert scores[1] < scores[2]


def test_where_nothing_is_compared_only_decisions_join() -> None:
    pairs = np.array([[0, 1], [1, 2], [0, 3]])
    nothing = np.zeros((3, 0), np.int8)
    must, cannot = np.array([True, True, False]), np.array([False, False, True])
    graph = Graph(
        np.zeros(4, np.int64),
        pairs[:, 0],
        pairs[:, 1],
        nothing,
        nothing.astype(np.float32),
        must,
        cannot,
    )
    assert clusters(graph, NOTHING).lenient.tolist() == [0, 0, 0, 3]


def test_a_component_that_is_too_large_loses_its_weakest_edges() -> None:
    size = 700
    left = np.arange(size - 1)
    odds = np.where(left == 349, 0.5, 5.0)
    labels = bounded_components(size, left, left + 1, odds, np.zeros(size - 1, bool))
    assert np.bincount(labels).max() <= 300 or len(np.unique(labels)) > 1


def test_forced_edges_stay_even_in_a_component_that_is_too_large() -> None:
    size = 400
    left = np.arange(size - 1)
    forced = np.ones(size - 1, bool)
    labels = bounded_components(size, left, left + 1, np.full(size - 1, -9.0), forced)
    assert len(np.unique(labels)) == 1


def test_pairs_within_are_all_pairs_of_components_of_three_or_more() -> None:
    labels = np.array([0, 0, 1, 1, 1])
    left, right = pairs_within(labels)
    assert sorted(zip(left.tolist(), right.tolist(), strict=True)) == [(2, 3), (2, 4), (3, 4)]
    assert [members.shape for members in by_size(labels, 2)] == [(1, 2), (1, 3)]
    assert pairs_within(np.array([0, 1]))[0].size == 0


@given(cases())
@settings(max_examples=60, deadline=None)
def test_doubts_are_those_of_whole_clusters(case: Case) -> None:
    found = case.solved()
    smallest = np.unique(found.strict)
    others = np.setdiff1d(np.arange(case.size), smallest)
    assert not found.wrong[others].any()
    assert not found.missed[others].any()
    sizes = np.bincount(found.strict, minlength=case.size)
    assert (found.wrong <= sizes * (sizes - 1) / 2 + 1e-9).all()
    assert (found.missed <= sizes * (case.size - sizes) + 1e-9).all()


def test_several_pairs_that_say_the_same_leave_less_room_for_chance() -> None:
    said = np.full(3, 0.5)
    assert chance(said, np.array([1.0, 2.0, 20.0])).tolist() == sorted(
        chance(said, np.array([1.0, 2.0, 20.0])).tolist()
    )
    assert chance(np.zeros(1), np.ones(1))[0] == pytest.approx(0.5)


@given(cases(limited=True))
@settings(max_examples=100, deadline=None)
def test_what_clusters_say_together_is_kept_of_each_pair(case: Case) -> None:
    found = case.solved()
    row_of = {pair: number for number, pair in enumerate(case.pairs)}
    for pair, said in zip(case.pairs, found.pooled, strict=True):
        one, other = (
            frozenset(np.flatnonzero(found.strict == found.strict[record]).tolist())
            for record in pair
        )
        if found.strict[pair[0]] == found.strict[pair[1]]:
            assert said > STRICT.cut
        elif case.is_refused(one, other):
            assert np.isnan(said)
        else:
            rows = sorted(row_of[min(a, b), max(a, b)] for a in one for b in other)
            assert said == pytest.approx(pooled(POOL, case.vectors[rows], case.terms[rows]))
