"""Connected components of the edge graph, none larger than can be scored pair by pair.

Invariant: components depend on the set of edges only; a component above the limit is cut by
raising its own threshold, never by dropping records.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

MAX_COMPONENT: Final = 300
STEP: Final = 1.0
PAIR_BASE: Final = 3_000_000
PAIRS_PER_RECORD: Final = 10


def component_limit(
    records: int, left: np.ndarray, right: np.ndarray, log_odds: np.ndarray, forced: np.ndarray
) -> int:
    """Return the largest component with which all pairs within components can be afforded.

    300 records, halved while the budget of 3 million pairs and 10 a record is exceeded. It is
    learned in training and frozen: what becomes of a component must not hang on others.
    """
    limit = MAX_COMPONENT
    while limit > 1:
        labels = bounded_components(records, left, right, log_odds, forced, limit=limit)
        sizes = np.bincount(labels, minlength=1)
        if (sizes * (sizes - 1.0) / 2).sum() <= PAIR_BASE + PAIRS_PER_RECORD * records:
            break
        limit //= 2
    return limit


def bounded_components(
    records: int,
    left: np.ndarray,
    right: np.ndarray,
    log_odds: np.ndarray,
    forced: np.ndarray,
    *,
    limit: int = MAX_COMPONENT,
) -> np.ndarray:
    """Return a component number per record, over edges with positive log odds and forced ones.

    Components above the limit lose their weakest edges one nat at a time; forced edges always
    stay.
    """
    used = (log_odds > 0) | forced
    labels = _components(records, left[used], right[used])
    threshold, highest = 0.0, log_odds.max(initial=0.0)
    while True:
        sizes = np.bincount(labels, minlength=1)
        if sizes.max() <= limit:
            return labels
        threshold += STEP
        is_big = sizes[labels[left]] > limit
        kept = used & (~is_big | (log_odds > threshold) | forced)
        if threshold > highest and kept.sum() == used.sum():
            return labels
        used = kept
        labels = _components(records, left[used], right[used])


def _components(records: int, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    graph = coo_matrix((np.ones(len(left), np.int8), (left, right)), shape=(records, records))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def pairs_within(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return all pairs (left < right) of records of one component, for three records or more."""
    lefts, rights = [], []
    for members in by_size(labels, 3):
        row, column = np.triu_indices(members.shape[1], 1)
        lefts.append(members[:, row].ravel())
        rights.append(members[:, column].ravel())
    if not lefts:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    return np.concatenate(lefts), np.concatenate(rights)


def by_size(labels: np.ndarray, smallest: int) -> list[np.ndarray]:
    """Return, per component size from `smallest` up, a matrix of members (component by member)."""
    order = np.argsort(labels, kind="stable")
    sizes = np.bincount(labels, minlength=1)
    starts = np.cumsum(sizes) - sizes
    groups = []
    for size in np.unique(sizes[sizes >= smallest]):
        chosen = starts[sizes == size]
        groups.append(order[chosen[:, None] + np.arange(size)[None, :]])
    return groups
