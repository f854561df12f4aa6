"""How good forecasts were: pure functions of what was said and what came."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, xlogy
from scipy.stats import rankdata

Numbers = NDArray[np.float64]

SMALL = 1e-6


def log_odds(p: Numbers) -> Numbers:
    """Return the log odds of probabilities, held within a millionth of 0 and 1."""
    return np.asarray(logit(np.clip(p, SMALL, 1 - SMALL)))


def brier(p: Numbers, y: Numbers) -> float:
    """Return the mean squared error of probabilities."""
    return float(np.mean((p - y) ** 2))


def slope(p: Numbers, y: Numbers) -> float:
    """Return the calibration slope: of a logistic regression of y on the log odds of p.

    1 is right, below 1 the forecasts are too extreme; NaN when all or none bought.
    """
    if y.min(initial=1) == y.max(initial=0) or len(y) == 0:
        return float("nan")
    design = np.stack([np.ones(len(p)), log_odds(p)], axis=1)
    beta = np.array([0.0, 1.0])
    for _ in range(50):
        mean = expit(design @ beta)
        hessian = design.T @ (design * (mean * (1 - mean))[:, None])
        step = np.linalg.solve(hessian + 1e-9 * np.eye(2), design.T @ (y - mean))
        beta = beta + np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-10:  # noqa: PLR2004
            break
    return float(beta[1])


def total_error(said: Numbers, came: Numbers) -> float:
    """Return how far the sum was off, as a share of what came: .1 is 10 % too many."""
    came_in_all = float(came.sum())
    return float(said.sum()) / came_in_all - 1 if came_in_all > 0 else float("nan")


def deviance(mean: Numbers, count: Numbers) -> float:
    """Return the mean Poisson deviance of expected counts."""
    held = np.maximum(mean, SMALL)
    return float(2 * np.mean(xlogy(count, np.maximum(count, SMALL) / held) - (count - held)))


def capture(said: Numbers, came: Numbers, share: float = 0.1) -> float:
    """Return the share of what came from the top tenth by what was said; ties share alike."""
    total = float(came.sum())
    if not len(said) or total <= 0:
        return float("nan")
    wanted = max(round(len(said) * share), 1)
    border = np.sort(said)[::-1][wanted - 1]
    above, tied = said > border, said == border
    room = (wanted - above.sum()) / tied.sum()
    return float((came[above].sum() + room * came[tied].sum()) / total)


def auc(said: Numbers, y: Numbers) -> float:
    """Return the probability that a buyer was ranked above a non-buyer; NaN without either."""
    buyers = float(y.sum())
    others = len(y) - buyers
    if not buyers or not others:
        return float("nan")
    ranks = rankdata(said)
    return float((ranks[y > 0].sum() - buyers * (buyers + 1) / 2) / (buyers * others))


def calibration(p: Numbers, y: Numbers, parts: int = 10) -> list[dict[str, float]]:
    """Return, by tenth of what was said, the customers, the mean said and the share that bought."""
    order = np.argsort(p, kind="stable")
    return [
        {"customers": len(part), "said": float(p[part].mean()), "came": float(y[part].mean())}
        for part in np.array_split(order, parts)
        if len(part)
    ]


def calibration_error(p: Numbers, y: Numbers) -> float:
    """Return the expected calibration error over tenths."""
    rows = calibration(p, y)
    total = sum(row["customers"] for row in rows)
    return sum(r["customers"] * abs(r["said"] - r["came"]) for r in rows) / max(total, 1)


def interval(
    gain: Numbers, customer: NDArray[np.uint32], *, seed: int, draws: int = 400
) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of the mean gain, customers drawn whole."""
    _, at = np.unique(customer, return_inverse=True)
    sums = np.bincount(at, weights=gain)
    rows = np.bincount(at).astype(float)
    random = np.random.default_rng(seed)
    means = np.empty(draws)
    for draw in range(draws):
        drawn = np.bincount(random.integers(0, len(sums), len(sums)), minlength=len(sums))
        means[draw] = (drawn @ sums) / (drawn @ rows)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)
