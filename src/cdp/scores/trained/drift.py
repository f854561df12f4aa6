"""How far customers have moved since a model was trained: population stability index (PSI).

Bins are the tenths of the training population and one for missing values. Few customers make an
index large by chance, and time alone moves what is counted in days; so the limit of a feature is
also what two past moments, drawn anew, differ by.

PSI = sum over bins of (now - then) ln(now / then); Siddiqi, "Credit Risk Scorecards" (2006).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

SCORE: Final = "(score)"
"""Name of the score itself among the features that are watched."""
TENTHS: Final = 10
FLOOR: Final = 1e-4
WARN: Final = 0.1
RETRAIN: Final = 0.25
DRAWS: Final = 40
_SURE: Final = 0.95


def reference(names: Sequence[str], then: Numbers, before: Numbers, seed: int) -> dict[str, Any]:
    """Return what later populations are compared with, by feature: edges, shares, limit.

    `then` and `before` are the training population at its day and at the cut-off before it.
    """
    random = np.random.default_rng(seed)
    found = {}
    for place, name in enumerate(names):
        column = then[:, place]
        edges = _edges(column)
        limit = _by_chance(column, before[:, place], edges, random)
        shares = _shares(column, edges)
        found[name] = {
            "edges": edges.tolist(),
            "shares": shares.tolist(),
            "limit": max(RETRAIN, round(limit, 4)),
        }
    return found


def index(told: Mapping[str, Any], now: Numbers) -> float:
    """Return the PSI of a column now against its reference."""
    return _psi(np.array(told["shares"]), _shares(now, np.array(told["edges"])))


def worst(
    told: Mapping[str, Mapping[str, Any]], names: Sequence[str], now: Numbers
) -> tuple[str, float, float] | None:
    """Return the feature that is furthest beyond, or nearest to, its limit: name, PSI, limit."""
    if not len(now):
        return None
    found = [
        (name, index(told[name], now[:, place]), float(told[name]["limit"]))
        for place, name in enumerate(names)
        if name in told
    ]
    return max(found, key=lambda row: (row[1] / row[2], row[0])) if found else None


def _edges(column: Numbers) -> Numbers:
    known = column[~np.isnan(column)]
    if not len(known):
        return np.empty(0)
    return np.unique(np.quantile(known, np.arange(1, TENTHS) / TENTHS))


def _shares(column: Numbers, edges: Numbers) -> Numbers:
    """Return the share of each bin, the missing last."""
    missing = np.isnan(column)
    place = np.searchsorted(edges, column[~missing], side="left")
    counts = np.bincount(place, minlength=len(edges) + 1)
    return np.asarray(np.append(counts, missing.sum()) / max(len(column), 1))


def _psi(then: Numbers, now: Numbers) -> float:
    one, other = np.maximum(then, FLOOR), np.maximum(now, FLOOR)
    return float(((other - one) * np.log(other / one)).sum())


def _by_chance(
    then: Numbers, before: Numbers, edges: Numbers, random: np.random.Generator
) -> float:
    """Return what 95 % of samples of two past moments stay below."""
    if not len(then) or not len(before):
        return 0.0
    one, other = _shares(then, edges), _shares(before, edges)
    drawn = [
        _psi(
            random.multinomial(len(then), one / one.sum()) / len(then),
            random.multinomial(len(before), other / other.sum()) / len(before),
        )
        for _ in range(DRAWS)
    ]
    return float(np.quantile(drawn, _SURE))
