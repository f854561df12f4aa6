"""Laws of the clustering, on graphs of any shape, against scipy as an independent oracle."""

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from cdp.identity.components import bounded_components, by_size, pairs_within
from cdp.identity.linkage import LENIENT, STRICT, Graph, Linkage, average_linkage, clusters

Pairs = dict[tuple[int, int], float]


@st.composite
def graphs(draw: Any) -> tuple[int, Pairs]:
    size = draw(st.integers(2, 12))
    pair = st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)).filter(
        lambda p: p[0] < p[1]
    )
    odds = st.floats(-12, 12, allow_nan=False).map(lambda x: round(x, 6))
    return size, draw(st.dictionaries(pair, odds, max_size=30))


def solved(
    size: int, pairs: Pairs, must: set[tuple[int, int]], cannot: set[tuple[int, int]], rule: Linkage
) -> np.ndarray:
    everything = dict.fromkeys(must | cannot, -8.0) | pairs
    keys = sorted(everything)
    left = np.array([a for a, _ in keys], dtype=np.int64)
    right = np.array([b for _, b in keys], dtype=np.int64)
    odds = np.array([everything[key] for key in keys], dtype=np.float64)
    is_must = np.array([key in must for key in keys], dtype=bool)
    is_cannot = np.array([key in cannot for key in keys], dtype=bool)
    components = bounded_components(size, left, right, odds, is_must)
    return clusters(
        Graph(components, left, right, odds, is_must, is_cannot, np.zeros(len(left), np.int8)), rule
    )


@given(graphs(), st.sampled_from([STRICT, LENIENT]))
@settings(deadline=None)
def test_every_record_is_in_one_cluster_named_after_its_smallest(
    graph: tuple[int, Pairs], rule: Linkage
) -> None:
    size, pairs = graph
    labels = solved(size, pairs, set(), set(), rule)
    assert len(labels) == size
    for name in np.unique(labels):
        assert np.flatnonzero(labels == name)[0] == name


@given(graphs(), st.data())
@settings(deadline=None)
def test_decisions_stand_above_the_model(graph: tuple[int, Pairs], data: Any) -> None:
    size, pairs = graph
    pair = st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)).filter(
        lambda p: p[0] < p[1]
    )
    cannot = data.draw(st.sets(pair, max_size=4))
    labels = solved(size, pairs, set(), cannot, STRICT)
    assert all(labels[a] != labels[b] for a, b in cannot)
    must = data.draw(st.sets(pair, max_size=4))
    labels = solved(size, pairs, must, set(), STRICT)
    assert all(labels[a] == labels[b] for a, b in must)
    both = solved(size, pairs, must, cannot, STRICT)
    assert all(both[a] != both[b] for a, b in cannot)


@given(st.integers(2, 9), st.integers(0, 2**31), st.floats(-2, 2))
@settings(max_examples=60, deadline=None)
def test_average_linkage_is_that_of_scipy(size: int, seed: int, cut: float) -> None:
    rng = np.random.default_rng(seed)
    batch = rng.normal(0, 4, (3, size, size))
    batch = (batch + batch.transpose(0, 2, 1)) / 2
    nothing = np.zeros_like(batch)
    found = average_linkage(batch, nothing, nothing, cut)
    for number in range(3):
        distance = 100 - batch[number]
        np.fill_diagonal(distance, 0)
        tree = linkage(squareform(distance), method="average")
        oracle = fcluster(tree, 100 - cut - 1e-9, "distance")
        assert _partition(found[number]) == _partition(oracle)


def _partition(labels: np.ndarray) -> set[frozenset[int]]:
    return {frozenset(np.flatnonzero(labels == name).tolist()) for name in np.unique(labels)}


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
