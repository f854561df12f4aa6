"""Whether lists of one's own name what customers buy later more often than best sellers do.

The measure is hit@10 over customers who bought in the days held out, its difference to best
sellers by a bootstrap over customers (Efron, "Bootstrap methods", 1979), 95 percent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST_CUSTOMERS: Final = 500
LEAST_LINES: Final = 5_000
_DRAWS: Final = 1_000
_SCHEMA: Final[dict[str, Any]] = {
    "list": pl.String,
    "status": pl.String,
    "customers": pl.Int64,
    "hits": pl.Float64,
    "baseline": pl.Float64,
    "gain_low": pl.Float64,
    "gain_high": pl.Float64,
}


def verdicts(trial: pl.DataFrame, lines: int, seed: int) -> pl.DataFrame:
    """Return the verdict on the lists `repeat` and `discovery`, one row each.

    Args:
        trial: customer, repeated, popular, discovered, popular_new, has_new.
        lines: purchases that there are in all.
        seed: of the bootstrap.
    """
    news = trial.filter(pl.col("has_new"))
    rows = [
        _verdict("discovery", (news["discovered"], news["popular_new"]), lines, seed),
        _verdict("repeat", (trial["repeated"], trial["popular"]), lines, seed),
    ]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def _verdict(
    name: str, hits: tuple[pl.Series, pl.Series], lines: int, seed: int
) -> tuple[object, ...]:
    own, best = (column.cast(pl.Float64).to_numpy() for column in hits)
    if len(own) == 0:
        return (name, "insufficient_data", 0, 0.0, 0.0, 0.0, 0.0)
    low, high = _interval(own - best, seed)
    status = "published" if low > 0 else "not_better_than_baseline"
    if len(own) < LEAST_CUSTOMERS or lines < LEAST_LINES:
        status = "insufficient_data"
    return (name, status, len(own), float(own.mean()), float(best.mean()), low, high)


def _interval(gains: NDArray[np.float64], seed: int) -> tuple[float, float]:
    """Return the 95 percent interval of the mean; gains are -1, 0 or 1, so counts are enough."""
    shares = np.array([(gains < 0).mean(), (gains == 0).mean(), (gains > 0).mean()])
    draws = np.random.default_rng(seed).multinomial(len(gains), shares / shares.sum(), _DRAWS)
    means = (draws[:, 2] - draws[:, 0]) / len(gains)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)
