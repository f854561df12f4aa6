"""Average linkage inside components: the strongest mean log odds merges first, until the cut.

A person has one birth date. Where those known in two clusters contradict each other and none
agree, the pairs that lack one on either side inherit the contradiction: otherwise the sparse
records of father and son, or of two namesakes, would chain their well-known ones together.

Invariants: a cannot-link pair never shares a cluster; must-link pairs merge before anything else
unless a cannot-link forbids it; ties go to the smallest record. All components of one size are
solved together, so the loop is over merge steps, not over components.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from cdp.identity.components import by_size

if TYPE_CHECKING:
    from collections.abc import Iterator

CELLS: Final = 4_000_000
FORCED: Final = 1e6


@dataclass(frozen=True, slots=True)
class Linkage:
    """The one strict/lenient knob, in nats.

    Attributes:
        floor: log odds below this count as this: one strong disagreement is not a veto.
        ceiling: log odds above this count as this.
        cut: clusters merge while their mean log odds exceed it.
        missing: what a pair that was not scored counts.
    """

    floor: float
    ceiling: float
    cut: float
    missing: float


STRICT: Final = Linkage(floor=-8.0, ceiling=8.0, cut=0.0, missing=-4.0)
LENIENT: Final = Linkage(floor=-3.0, ceiling=8.0, cut=-1.0, missing=-3.0)


@dataclass(frozen=True, slots=True)
class Graph:
    """Scored pairs (left < right, each once) with their decisions, and each record's component.

    `lifelong` says, per pair, whether a value that nobody has two of agrees (1), contradicts (-1)
    or is not known of both (0); `contradiction` is what a contradiction counts, in nats.
    """

    components: np.ndarray
    left: np.ndarray
    right: np.ndarray
    log_odds: np.ndarray
    must: np.ndarray
    cannot: np.ndarray
    lifelong: np.ndarray
    contradiction: float = 0.0


def clusters(graph: Graph, rule: Linkage) -> np.ndarray:
    """Return, per record, the smallest record number of its cluster."""
    labels = np.arange(len(graph.components))
    position = np.zeros(len(labels), np.int64)
    inside = graph.components[graph.left] == graph.components[graph.right]
    sizes = np.bincount(graph.components, minlength=1)
    edge_size = np.where(inside, sizes[graph.components[graph.left]], 0)
    order = np.argsort(edge_size, kind="stable")
    bounds = np.searchsorted(edge_size[order], np.arange(sizes.max() + 2))
    for members in by_size(graph.components, 2):
        size = members.shape[1]
        position[members] = np.arange(size)[None, :]
        edges = order[bounds[size] : bounds[size + 1]]
        for chunk in _chunks(len(members), size):
            _solve(graph, rule, members[chunk], edges, (position, labels))
    return labels


def _chunks(components: int, size: int) -> Iterator[slice]:
    step = max(1, CELLS // (size * size))
    for start in range(0, components, step):
        yield slice(start, start + step)


def _solve(
    graph: Graph,
    rule: Linkage,
    members: np.ndarray,
    edges: np.ndarray,
    arrays: tuple[np.ndarray, np.ndarray],
) -> None:
    """Write the cluster labels of these components, all of one size."""
    position, labels = arrays
    size = members.shape[1]
    batch_of = np.full(int(graph.components.max()) + 1, -1)
    batch_of[graph.components[members[:, 0]]] = np.arange(len(members))
    batch = batch_of[graph.components[graph.left[edges]]]
    edges, batch = edges[batch >= 0], batch[batch >= 0]
    row, column = position[graph.left[edges]], position[graph.right[edges]]

    def square(values: np.ndarray, empty: float) -> np.ndarray:
        matrix = np.full((len(members), size, size), empty)
        matrix[batch, row, column] = values
        matrix[batch, column, row] = values
        return matrix

    similarity = square(np.clip(graph.log_odds[edges], rule.floor, rule.ceiling), rule.missing)
    must = square(graph.must[edges], 0.0)
    cannot = square(graph.cannot[edges], 0.0)
    lifelong = Lifelong(square(graph.lifelong[edges], 0.0), graph.contradiction)
    merged = average_linkage(similarity, must, cannot, rule.cut, lifelong)
    labels[members] = np.take_along_axis(members, merged, axis=1)


@dataclass(frozen=True, slots=True)
class Lifelong:
    """Per batch, item and item: a lifelong value agrees (1), contradicts (-1) or is unknown (0)."""

    state: np.ndarray
    contradiction: float


@dataclass(frozen=True, slots=True)
class _State:
    """What average linkage knows of each two clusters: means and extremes over their pairs."""

    mean: np.ndarray
    unknown: np.ndarray
    must: np.ndarray
    cannot: np.ndarray
    agrees: np.ndarray
    against: np.ndarray
    score: np.ndarray
    weight: np.ndarray
    contradiction: float

    def row_score(self, rows: _Rows) -> np.ndarray:
        """Return what merging counts: the mean, inherited contradictions, and decisions."""
        inherits = (rows.against > 0) & (rows.agrees == 0)
        mean = rows.mean + np.where(inherits, self.contradiction * rows.unknown, 0.0)
        return np.where(rows.cannot > 0, -np.inf, mean + FORCED * rows.must)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The same for one cluster of each batch against all others."""

    mean: np.ndarray
    unknown: np.ndarray
    must: np.ndarray
    cannot: np.ndarray
    agrees: np.ndarray
    against: np.ndarray


MEANS: Final = ("mean", "unknown")
EXTREMES: Final = ("must", "cannot", "agrees", "against")


def average_linkage(
    similarity: np.ndarray,
    must: np.ndarray,
    cannot: np.ndarray,
    cut: float,
    lifelong: Lifelong | None = None,
) -> np.ndarray:
    """Return, per batch and item, the smallest item of its cluster.

    The arrays are symmetric (batch, item, item); `must` and `cannot` hold 0 or 1. While some
    pair of clusters has a mean similarity above the cut (or must be joined), and may be joined,
    the best one is merged in every batch at once (UPGMA, Sokal and Michener 1958).
    """
    batches, size, _ = similarity.shape
    labels = np.tile(np.arange(size), (batches, 1))
    state = _begin(similarity, must, cannot, lifelong or Lifelong(np.zeros_like(must), 0.0))
    active = np.arange(batches)
    for _ in range(size - 1):
        best = state.score[active].reshape(len(active), -1)
        place = best.argmax(1)
        going = np.take_along_axis(best, place[:, None], 1)[:, 0] > cut
        active, place = active[going], place[going]
        if not len(active):
            break
        keep, gone = np.divmod(place, size)
        keep, gone = np.minimum(keep, gone), np.maximum(keep, gone)
        _merge(active, keep, gone, state)
        labels[active] = np.where(labels[active] == gone[:, None], keep[:, None], labels[active])
    return labels


def _begin(
    similarity: np.ndarray, must: np.ndarray, cannot: np.ndarray, lifelong: Lifelong
) -> _State:
    batches, size, _ = similarity.shape
    diagonal = np.arange(size)
    score = np.where(cannot > 0, -np.inf, similarity + FORCED * must)
    score[:, diagonal, diagonal] = -np.inf
    return _State(
        mean=similarity.copy(),
        unknown=(lifelong.state == 0).astype(float),
        must=must.copy(),
        cannot=cannot.copy(),
        agrees=(lifelong.state > 0).astype(float),
        against=(lifelong.state < 0).astype(float),
        score=score,
        weight=np.ones((batches, size)),
        contradiction=lifelong.contradiction,
    )


def _merge(active: np.ndarray, keep: np.ndarray, gone: np.ndarray, state: _State) -> None:
    """Put cluster `gone` into cluster `keep` in every active batch."""
    weight, score = state.weight, state.score
    a, b = weight[active, keep][:, None], weight[active, gone][:, None]
    rows: dict[str, np.ndarray] = {}
    for name in MEANS:
        matrix = getattr(state, name)
        rows[name] = (a * matrix[active, keep] + b * matrix[active, gone]) / (a + b)
    for name in EXTREMES:
        matrix = getattr(state, name)
        rows[name] = np.maximum(matrix[active, keep], matrix[active, gone])
    for name, row in rows.items():
        matrix = getattr(state, name)
        matrix[active, keep] = row
        matrix[active, :, keep] = row
    row_score = state.row_score(_Rows(**rows))
    lines = np.arange(len(active))
    row_score[weight[active] == 0] = -np.inf
    row_score[lines, keep] = row_score[lines, gone] = -np.inf
    score[active, keep] = row_score
    score[active, :, keep] = row_score
    score[active, gone] = -np.inf
    score[active, :, gone] = -np.inf
    weight[active, keep] += weight[active, gone]
    weight[active, gone] = 0.0
