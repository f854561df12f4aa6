"""MBG/NBD: how often a customer buys and when they stop, from (x, tx, T) alone.

Batislam, Denizel and Filiztekin (2007); the BG form is Fader, Hardie and Lee (2005) and kept to
check the likelihood against published figures and as a benchmark's peer: it holds every buyer of
one order to be alive for ever, so that its P(alive) is never shown.

x: repeat purchases; tx: weeks from first to last purchase; T: weeks from first purchase to now.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh_tridiagonal
from scipy.optimize import minimize
from scipy.special import betaln, digamma, expit, gammaln

if TYPE_CHECKING:
    from collections.abc import Iterator

Numbers = NDArray[np.float64]

BOUNDS: Final = (-7.0, 9.0)
"""Of the logarithm of each parameter."""
NODES: Final = 24
CHUNK: Final = 65_536


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Parameters: purchase rate Gamma(r, alpha) a week, dropout Beta(a, b) after a purchase.

    `modified` says that a customer may drop out right after the first purchase as well (MBG).
    """

    r: float
    alpha: float
    a: float
    b: float
    modified: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Buyers:
    """What the model sees of customers: x, tx and T, weighted; equal ones may be one row."""

    x: Numbers
    tx: Numbers
    t: Numbers
    weight: Numbers

    @staticmethod
    def of(x: Numbers, tx: Numbers, t: Numbers) -> Buyers:
        """Return the distinct rows with the number of customers behind each."""
        rows, weight = np.unique(np.stack([x, tx, t], axis=1), axis=0, return_counts=True)
        return Buyers(rows[:, 0], rows[:, 1], rows[:, 2], weight.astype(float))


def log_likelihood(buyers: Buyers, rhythm: Rhythm) -> float:
    """Return the log-likelihood of all customers."""
    logs = np.log([rhythm.r, rhythm.alpha, rhythm.a, rhythm.b])
    return float(_likelihood(logs, buyers, modified=rhythm.modified)[0])


def fit(
    buyers: Buyers, *, start: Rhythm | None = None, modified: bool = True, prior: float = 1.0
) -> Rhythm:
    """Return the parameters of highest posterior density (`prior` 0: highest likelihood).

    The prior is normal on each log parameter, of standard deviation 1, around 1 (alpha: around
    the mean T); it counts as one customer among all.
    """
    total = buyers.weight.sum()
    mean_t = max(float(buyers.weight @ buyers.t) / total, 1.0) if total else 1.0
    centre = np.array([0.0, np.log(mean_t), 0.0, 0.0])
    begin = centre if start is None else np.log([start.r, start.alpha, start.a, start.b])
    if not total:
        return _of(centre, modified=modified)

    def loss(logs: Numbers) -> tuple[float, Numbers]:
        value, slope = _likelihood(logs, buyers, modified=modified)
        off = logs - centre
        penalty = prior * float(off @ off) / 2
        return (penalty - value) / total, (prior * off - slope) / total

    untyped: Any = minimize  # its stubs want one shape of array for everything
    found = untyped(
        loss,
        begin,
        jac=True,
        method="L-BFGS-B",
        bounds=[BOUNDS] * 4,
        options={"maxiter": 500, "ftol": 1e-12, "gtol": 1e-7},
    )
    return _of(found.x, modified=modified)


def _of(logs: Numbers, *, modified: bool) -> Rhythm:
    r, alpha, a, b = (float(v) for v in np.exp(logs))
    return Rhythm(r, alpha, a, b, modified)


def _likelihood(logs: Numbers, buyers: Buyers, *, modified: bool) -> tuple[float, Numbers]:
    """Return the log-likelihood and its slope by log parameter."""
    r, alpha, a, b = np.exp(logs)
    s = 1.0 if modified else 0.0
    x, at = np.unique(buyers.x, return_inverse=True)
    dead = (x > 0) | modified
    b_dead = np.where(dead, b + x + s - 1, 1.0)
    log_t, log_tx = np.log(alpha + buyers.t), np.log(alpha + buyers.tx)
    power = r + buyers.x
    alive = betaln(a, b + x + s)[at] - power * log_t
    gone = np.where(dead, betaln(a + 1, b_dead), -np.inf)[at] - power * log_tx
    value = (gammaln(r + x) - gammaln(r) - betaln(a, b))[at] + r * np.log(alpha)
    value = value + np.logaddexp(alive, gone)
    w = expit(alive - gone)
    d_r = (digamma(r + x) - digamma(r))[at] + np.log(alpha) - w * log_t - (1 - w) * log_tx
    d_alpha = r / alpha - power * (w / (alpha + buyers.t) + (1 - w) / (alpha + buyers.tx))
    both = digamma(a + b) - digamma(a + b + x + s)
    d_a = (both - digamma(a))[at] + w * digamma(a) + (1 - w) * digamma(a + 1)
    d_b = (both - digamma(b))[at] + w * digamma(b + x + s)[at] + (1 - w) * digamma(b_dead)[at]
    slopes = np.stack([d_r * r, d_alpha * alpha, d_a * a, d_b * b])
    return float(buyers.weight @ value), slopes @ buyers.weight


def p_alive(rhythm: Rhythm, x: Numbers, tx: Numbers, t: Numbers) -> Numbers:
    """Return the probability that each customer still buys."""
    r, alpha, a, b = rhythm.r, rhythm.alpha, rhythm.a, rhythm.b
    ratio = (r + x) * (np.log(alpha + t) - np.log(alpha + tx))
    if rhythm.modified:
        odds = np.log(a) - np.log(b + x) + ratio
    else:
        odds = np.where(x > 0, np.log(a) - np.log(b + np.maximum(x, 1) - 1) + ratio, -np.inf)
    return np.asarray(expit(-odds))


def p_buy(rhythm: Rhythm, x: Numbers, tx: Numbers, t: Numbers, weeks: float) -> Numbers:
    """Return the probability of at least one purchase within so many weeks (exact)."""
    left = (rhythm.r + x) * (np.log(rhythm.alpha + t) - np.log(rhythm.alpha + t + weeks))
    return np.asarray(-np.expm1(left) * p_alive(rhythm, x, tx, t))


def expected_purchases(
    rhythm: Rhythm, x: Numbers, tx: Numbers, t: Numbers, weeks: float
) -> Numbers:
    """Return the expected number of purchases within so many weeks.

    P(alive) times the mean over the dropout p ~ Beta(a, b + x + 1) of
    (1 - ((alpha + T) / (alpha + T + p weeks))^(r + x)) / p, by Gauss-Jacobi quadrature.
    """
    result = np.zeros(len(x))
    scaled = weeks / (rhythm.alpha + t)
    for value, rows in _by_value(x):
        p, weight = _beta_nodes(rhythm.a, rhythm.b + value + (1.0 if rhythm.modified else 0.0))
        for start in range(0, len(rows), CHUNK):
            part = rows[start : start + CHUNK]
            inner = np.expm1(-(rhythm.r + value) * np.log1p(np.outer(scaled[part], p)))
            result[part] = inner @ (-weight / p)
    return result * p_alive(rhythm, x, tx, t)


def weeks_until(rhythm: Rhythm, x: Numbers, tx: Numbers, t: Numbers, share: float) -> Numbers:
    """Return after how many weeks the next purchase has come with probability `share`; or NaN."""
    alive = p_alive(rhythm, x, tx, t)
    left = 1 - share / np.maximum(alive, share)
    with np.errstate(divide="ignore", over="ignore"):
        found = (rhythm.alpha + t) * np.expm1(-np.log(left) / (rhythm.r + x))
    return np.where((alive > share) & np.isfinite(found), found, np.nan)


def _by_value(x: Numbers) -> Iterator[tuple[float, NDArray[np.intp]]]:
    order = np.argsort(x, kind="stable")
    values, starts = np.unique(x[order], return_index=True)
    for value, rows in zip(values, np.split(order, starts[1:]), strict=True):
        yield float(value), rows


def _beta_nodes(a: float, b: float) -> tuple[Numbers, Numbers]:
    """Return nodes and weights (of sum 1) that integrate over Beta(a, b), by Golub and Welsch."""
    left, right = b - 1, a - 1
    n = np.arange(1.0, NODES)
    both = 2 * n + left + right
    diagonal = np.empty(NODES)
    diagonal[0] = (right - left) / (left + right + 2)
    diagonal[1:] = (right * right - left * left) / (both * (both + 2))
    square = 4 * n * (n + left) * (n + right) / (both * both * (both + 1))
    square[1:] *= (n[1:] + left + right) / (both[1:] - 1)
    values, vectors = eigh_tridiagonal(diagonal, np.sqrt(square))
    return np.maximum((values + 1) / 2, 1e-300), vectors[0] ** 2
