"""Clusters of rows of numbers, where there are any: k-means, tried on bootstraps.

Invariant: the same rows in the same order give the same centres, bit by bit. Hennig, "Cluster-wise
assessment of cluster stability" (2007), describes trying clusters on bootstraps; Hubert and
Arabie, "Comparing partitions" (1985), the adjusted Rand index; Rousseeuw (1987) the silhouette.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from threadpoolctl import threadpool_limits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Numbers = NDArray[np.float64]

FEWEST, MOST = 3, 8
"""Clusters that are tried: two are a line through the middle, of more than eight nobody keeps
track."""
STABLE: Final = 0.8
"""Mean adjusted Rand index of bootstraps from which clusters would come out again."""
APART: Final = 0.25
"""Mean silhouette from which there is structure (Kaufman and Rousseeuw 1990, table 4)."""
BOOTSTRAPS: Final = 20
_STABILITY_ROWS: Final = 5_000
_SILHOUETTE_ROWS: Final = 2_000
_STARTS: Final = 10
_STARTS_AGAIN: Final = 3
_SEED: Final = 11


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """So many clusters, tried.

    Attributes:
        centres: a row a cluster.
        silhouette: mean over the rows, -1 to 1.
        stability: mean adjusted Rand index; None where it was not asked for: they are not apart,
            or others that hold are farther apart.
    """

    centres: Numbers
    silhouette: float
    stability: float | None = None

    @property
    def holds(self) -> bool:
        """Whether they are apart, and would come out again."""
        return self.silhouette >= APART and (self.stability or 0.0) >= STABLE


def trials(rows: Numbers) -> list[Trial]:
    """Return k-means of these rows with three to eight clusters, each with how well it holds.

    Those farthest apart come first, the fewer before the more; they are tried on bootstraps until
    one holds.
    """
    kinds = len(np.unique(rows, axis=0))
    with threadpool_limits(1), warnings.catch_warnings():
        # fewer different rows in a bootstrap than clusters: its partition says so by itself
        warnings.filterwarnings("ignore", "Number of distinct clusters")
        found = [_trial(rows, k) for k in range(FEWEST, MOST + 1) if k < kinds]
        found.sort(key=lambda one: (-one.silhouette, len(one.centres)))
        for place, one in enumerate(found):
            if one.silhouette < APART:
                break
            stability = _stability(rows[:_STABILITY_ROWS], len(one.centres))
            found[place] = replace(one, stability=stability)
            if found[place].holds:
                break
    return found


def best(tried: Sequence[Trial]) -> Trial | None:
    """Return the clusters that stand farthest apart of those that hold; None: none does."""
    return next((one for one in tried if one.holds), None)


def numbered(centres: Numbers, sizes: Sequence[int], before: Mapping[int, Numbers]) -> list[int]:
    """Return a number for each centre: that of the nearest of before, one to one.

    The sum of distances is least (Kuhn, "The Hungarian method", 1955). Without earlier centres the
    largest cluster is 1; one that none of before is left for gets a number that was not in use.

    Args:
        centres: a row a cluster.
        sizes: members of each.
        before: centres of before by number, of the same columns.
    """
    known = sorted(before)
    found: dict[int, int] = {}
    if known:
        distances = cdist(centres, np.stack([before[number] for number in known]))
        pairs = zip(*linear_sum_assignment(distances), strict=True)
        found = {int(row): known[int(column)] for row, column in pairs}
    free = max(known, default=0) + 1
    rest = [row for row in range(len(centres)) if row not in found]
    rest.sort(key=lambda row: (-sizes[row], tuple(centres[row])))
    found |= {row: free + place for place, row in enumerate(rest)}
    return [found[row] for row in range(len(centres))]


def _trial(rows: Numbers, k: int) -> Trial:
    from sklearn.metrics import silhouette_score  # noqa: PLC0415 - slow to import

    centres = _fitted(rows, k, _STARTS, _SEED)
    some = rows[:_SILHOUETTE_ROWS]
    labels = nearest(some, centres)
    if len(np.unique(labels)) < 2:  # noqa: PLR2004 - nothing is apart from one
        return Trial(centres, -1.0)
    return Trial(centres, float(silhouette_score(some, labels)))


def _stability(rows: Numbers, k: int) -> float:
    """Return how alike the rows are parted by clusters of bootstraps and by their own."""
    from sklearn.metrics import adjusted_rand_score  # noqa: PLC0415 - slow to import

    own = nearest(rows, _fitted(rows, k, _STARTS, _SEED))
    random = np.random.default_rng(_SEED)
    alike = []
    for number in range(BOOTSTRAPS):
        drawn = rows[random.integers(0, len(rows), len(rows))]
        again = nearest(rows, _fitted(drawn, k, _STARTS_AGAIN, number))
        alike.append(float(adjusted_rand_score(own, again)))
    return float(np.mean(alike))


def _fitted(rows: Numbers, k: int, starts: int, seed: int) -> Numbers:
    from sklearn.cluster import KMeans  # noqa: PLC0415 - slow to import

    model: Any = KMeans(n_clusters=k, n_init=starts, random_state=seed).fit(rows)
    return np.asarray(model.cluster_centers_, dtype=np.float64)


def nearest(rows: Numbers, centres: Numbers) -> NDArray[np.intp]:
    """Return the place of the nearest centre of each row."""
    return np.asarray(cdist(rows, centres).argmin(axis=1))
