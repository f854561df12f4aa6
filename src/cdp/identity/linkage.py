"""Linkage inside components: the two clusters most surely one merge first, down to a cut.

What two clusters say of each other is pooled over all their pairs (`pooling`), so a birth date
known of some records speaks for the sparse ones beside them.

Invariants: every merge the model makes rests on a pair of records that is itself above the cut;
a cannot-link pair never shares a cluster; must-link pairs merge before anything else
unless a cannot-link forbids it; no other merge gives a cluster more identifiers than it may have
(`limits`); ties go to the smallest record. One sequence of merges is read at
two cuts, so every lenient cluster is a union of strict ones. All components of one size are solved
together: the loop is over merge steps, not over components.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from cdp.identity import limits
from cdp.identity.components import by_size
from cdp.identity.pooling import Evidence, evidence, log_odds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdp.identity.limits import Held, Holding
    from cdp.identity.pooling import Pool

CELLS: Final = 4_000_000
FORCED: Final = 1e6
SEVERAL: Final = 2.2


@dataclass(frozen=True, slots=True)
class Linkage:
    """The one strict/lenient knob: clusters merge while their log odds (nats) exceed the cut.

    0 joins what is more likely one person than not; -2 also joins what is one in about one case
    in eight or better: enough for a hint, not for sending.
    """

    cut: float


STRICT: Final = Linkage(cut=0.0)
LENIENT: Final = Linkage(cut=-2.0)


@dataclass(frozen=True, slots=True)
class Graph:
    """Each record's component, and all pairs inside components (left < right) with decisions.

    Pairs across components may be among them and are ignored; `held` are the identifiers of which
    a profile may have so many.
    """

    components: np.ndarray
    left: np.ndarray
    right: np.ndarray
    vectors: np.ndarray
    terms: np.ndarray
    must: np.ndarray
    cannot: np.ndarray
    held: tuple[Holding, ...] = ()


@dataclass(frozen=True, slots=True)
class Clusters:
    """Per record, the smallest record number of its cluster at either cut, and what is in doubt.

    Attributes:
        strict: the clusters at the strict cut.
        lenient: those at the lenient cut.
        wrong: expected record pairs joined wrongly, at the cut in use; 0 but for the smallest
            record of a cluster.
        missed: expected record pairs between a cluster and others of its component.
        pooled: per pair of the graph, what their clusters say together (nats): of a joined pair
            when it was joined, of another at the end; NaN across components, where a decision
            stands above it and where a limit does.
    """

    strict: np.ndarray
    lenient: np.ndarray
    wrong: np.ndarray
    missed: np.ndarray
    pooled: np.ndarray

    def at(self, rule: Linkage) -> np.ndarray:
        """Return the clusters at the cut of this rule."""
        return self.strict if rule == STRICT else self.lenient


def clusters(graph: Graph, model: Pool, rule: Linkage = STRICT) -> Clusters:
    """Return the clusters at both cuts, and the doubts about those of the rule."""
    records = len(graph.components)
    found = Clusters(
        strict=np.arange(records),
        lenient=np.arange(records),
        wrong=np.zeros(records),
        missed=np.zeros(records),
        pooled=np.full(len(graph.left), np.nan),
    )
    position = np.zeros(records, np.int64)
    inside = graph.components[graph.left] == graph.components[graph.right]
    sizes = np.bincount(graph.components, minlength=1)
    edge_size = np.where(inside, sizes[graph.components[graph.left]], 0)
    order = np.argsort(edge_size, kind="stable")
    bounds = np.searchsorted(edge_size[order], np.arange(sizes.max() + 2))
    is_limited = limits.reached(graph.components, graph.held)
    for everybody in by_size(graph.components, 2):
        size = everybody.shape[1]
        position[everybody] = np.arange(size)[None, :]
        edges = order[bounds[size] : bounds[size + 1]]
        for members, held in _by_limits(everybody, graph, is_limited):
            cells = size * size * (len(model.field) + len(model.silent) + 1)
            for rows in _chunks(len(members), cells):
                state = _begin(graph, model, members[rows], edges, position, held)
                merged = _agglomerate(model, state, rule)
                found.strict[members[rows]] = np.take_along_axis(members[rows], merged.strict, 1)
                found.lenient[members[rows]] = np.take_along_axis(members[rows], merged.lenient, 1)
                found.wrong[members[rows]] = merged.wrong
                found.missed[members[rows]] = merged.missed
                found.pooled[state.edges] = merged.pooled[state.batch, state.row, state.column]
    return found


def _by_limits(
    members: np.ndarray, graph: Graph, is_limited: np.ndarray
) -> Iterator[tuple[np.ndarray, tuple[Holding, ...]]]:
    """Yield the components that no limit concerns, then the others with what their records hold."""
    limited = is_limited[graph.components[members[:, 0]]]
    for chosen, held in ((~limited, ()), (limited, graph.held)):
        if chosen.any():
            yield members[chosen], held


def _chunks(components: int, cells: int) -> Iterator[slice]:
    step = max(1, CELLS // cells)
    for start in range(0, components, step):
        yield slice(start, start + step)


def _begin(
    graph: Graph,
    model: Pool,
    members: np.ndarray,
    edges: np.ndarray,
    position: np.ndarray,
    holdings: tuple[Holding, ...],
) -> _State:
    """Return what is known of these components, all of one size, with every record alone."""
    batch_of = np.full(int(graph.components.max()) + 1, -1)
    batch_of[graph.components[members[:, 0]]] = np.arange(len(members))
    batch = batch_of[graph.components[graph.left[edges]]]
    edges, batch = edges[batch >= 0], batch[batch >= 0]
    row, column = position[graph.left[edges]], position[graph.right[edges]]
    size = members.shape[1]

    def square(values: np.ndarray) -> np.ndarray:
        matrix = np.zeros((len(members), size, size, *values.shape[1:]))
        matrix[batch, row, column] = values
        matrix[batch, column, row] = values
        return matrix

    scored = square(np.ones(len(edges))) > 0
    single = evidence(model, graph.vectors[edges], graph.terms[edges])
    score = square(log_odds(model, single, np.ones(len(edges))))
    score = np.where(scored, score, -np.inf)
    must, cannot = square(graph.must[edges]), square(graph.cannot[edges])
    held = limits.held_by(holdings, members)
    allowed = score
    if held:
        allowed = np.where(limits.kept_apart(held, members.shape) & (must == 0), -np.inf, score)
    return _State(
        square(single.ratios),
        square(single.known),
        must,
        cannot,
        score,
        _decided(allowed, must, cannot),
        np.ones(members.shape),
        held,
        edges,
        batch,
        row,
        column,
    )


@dataclass(frozen=True, slots=True)
class _State:
    """What is known of each two clusters of each component: sums and extremes over their pairs."""

    ratios: np.ndarray
    known: np.ndarray
    must: np.ndarray
    cannot: np.ndarray
    surest: np.ndarray
    score: np.ndarray
    records: np.ndarray
    held: tuple[Held, ...]
    edges: np.ndarray
    batch: np.ndarray
    row: np.ndarray
    column: np.ndarray


def _decided(score: np.ndarray, must: np.ndarray, cannot: np.ndarray) -> np.ndarray:
    """Return the score with decisions above it."""
    forced = np.where(must > 0, FORCED + np.maximum(score, -FORCED / 2), score)
    return np.where(cannot > 0, -np.inf, forced)


def _agglomerate(model: Pool, state: _State, rule: Linkage) -> Clusters:
    """Return, per component and position, the smallest position of its cluster at either cut."""
    count, size = state.records.shape
    found = Clusters(
        strict=np.tile(np.arange(size), (count, 1)),
        lenient=np.tile(np.arange(size), (count, 1)),
        wrong=np.zeros((count, size)),
        missed=np.zeros((count, size)),
        pooled=np.full((count, size, size), np.nan),
    )
    is_strict, is_open = np.ones(count, bool), np.ones(count, bool)
    active = np.arange(count)
    for _ in range(size - 1):
        scores = state.score[active].reshape(len(active), -1)
        place = scores.argmax(1)
        best = np.take_along_axis(scores, place[:, None], 1)[:, 0]
        is_strict[active[best <= STRICT.cut]] = False
        ended = active[(best <= rule.cut) & is_open[active]]
        found.missed[ended] = _missed(state, ended)
        _say_apart(found, state, ended)
        is_open[ended] = False
        going = best > LENIENT.cut
        active, place, best = active[going], place[going], best[going]
        if not len(active):
            break
        first, second = np.divmod(place, size)
        keep, gone = np.minimum(first, second), np.maximum(first, second)
        _add_doubt(found, state, (active, keep, gone), np.where(is_open[active], best, np.inf))
        _say_joined(found, active, (keep, gone), best, is_open)
        _merge(model, state, active, keep, gone)
        moved = found.lenient[active] == gone[:, None]
        found.lenient[active] = np.where(moved, keep[:, None], found.lenient[active])
        sure = active[is_strict[active]]
        found.strict[sure] = found.lenient[sure]
    return found


def _add_doubt(
    found: Clusters, state: _State, merges: tuple[np.ndarray, ...], log_odds: np.ndarray
) -> None:
    """Count what may be wrong in merges still above the cut (finite log odds) for both parts."""
    counts = np.isfinite(log_odds)
    active, keep, gone = (part[counts] for part in merges)
    pairs = state.records[active, keep] * state.records[active, gone]
    doubt = (1 - chance(log_odds[counts], pairs)) * pairs
    found.wrong[active, keep] += found.wrong[active, gone] + doubt
    found.wrong[active, gone] = 0.0


def _say_joined(
    found: Clusters,
    active: np.ndarray,
    merged: tuple[np.ndarray, np.ndarray],
    log_odds: np.ndarray,
    is_open: np.ndarray,
) -> None:
    """Keep what two clusters said together when they merged, above the cut in use and unforced."""
    rows = np.flatnonzero(is_open[active] & (log_odds < FORCED / 2))
    labels = found.lenient[active[rows]]
    one, other = (labels == cluster[rows, None] for cluster in merged)
    pairs = one[:, :, None] & other[:, None, :]
    place, left, right = np.nonzero(pairs | pairs.transpose(0, 2, 1))
    found.pooled[active[rows[place]], left, right] = log_odds[rows[place]]


def _say_apart(found: Clusters, state: _State, ended: np.ndarray) -> None:
    """Keep what the clusters that stay apart say together."""
    labels = found.lenient[ended]
    place = np.arange(len(ended))[:, None, None]
    between = state.score[ended][place, labels[:, :, None], labels[:, None, :]]
    is_apart = (labels[:, :, None] != labels[:, None, :]) & np.isfinite(between)
    known = found.pooled[ended]
    found.pooled[ended] = np.where(is_apart, between, known)


def probability(log_odds: np.ndarray) -> np.ndarray:
    """Return the probabilities of natural log odds."""
    return np.asarray(1 / (1 + np.exp(-np.clip(log_odds, -700, 700))))


def chance(log_odds: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Return the chance that clusters of so many pairs are one, for calibrated doubts.

    Pooled log odds are those of one pair that says what all of them say; several pairs that say
    so leave less room for chance, by up to SEVERAL nats.
    """
    return probability(log_odds + SEVERAL * (1 - 1 / np.maximum(pairs, 1.0)))


def _missed(state: _State, active: np.ndarray) -> np.ndarray:
    """Return, per cluster, the expected number of its pairs with other clusters that are one."""
    pairs = state.records[active][:, :, None] * state.records[active][:, None, :]
    return np.asarray((chance(state.score[active], pairs) * pairs).sum(2))


def _merge(
    model: Pool, state: _State, active: np.ndarray, keep: np.ndarray, gone: np.ndarray
) -> None:
    """Put cluster `gone` into cluster `keep` in every active component."""
    for matrix in (state.ratios, state.known):
        matrix[active, keep] += matrix[active, gone]
        matrix[active, :, keep] = matrix[active, keep]
    for matrix in (state.must, state.cannot, state.surest):
        matrix[active, keep] = np.maximum(matrix[active, keep], matrix[active, gone])
        matrix[active, :, keep] = matrix[active, keep]
    records, score = state.records, state.score
    records[active, keep] += records[active, gone]
    records[active, gone] = 0.0
    is_other = records[active] > 0
    is_other[np.arange(len(active)), keep] = False
    place, other = np.nonzero(is_other)
    pair = active[place], keep[place], other
    pairs = records[pair[:2]] * records[active[place], other]
    found = Evidence(state.ratios[pair], state.known[pair])
    row = np.full(is_other.shape, -np.inf)
    row[place, other] = np.minimum(log_odds(model, found, pairs), state.surest[pair])
    if state.held:
        limits.merge(state.held, active, keep, gone)
        row[limits.refused(state.held, active, keep) & (state.must[active, keep] == 0)] = -np.inf
    row = _decided(row, state.must[active, keep], state.cannot[active, keep])
    row[~is_other] = -np.inf
    score[active, keep] = score[active, :, keep] = row
    score[active, gone] = score[active, :, gone] = -np.inf
