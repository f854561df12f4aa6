"""What is known of every customer at a cut-off, and what followed: one DuckDB query for all.

Invariant: no feature depends on a row after its cut-off; a log truncated there gives the same.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from cdp.store import Statement, scratch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cdp.scores.predict.log import PurchaseLog

FEATURES: Final = (
    "x",
    "recency",
    "tenure",
    "recency_in_tenure",
    "rate",
    "gap_mean",
    "overdue",
    "gap_spread",
    "gap_last",
    "recency_in_longest_gap",
    "n_recent",
    "n_1",
    "n_2",
    "n_4",
    "trend",
    "basket_mean",
    "basket_last",
    "basket_max",
    "spent_1",
)
"""Columns of a snapshot that a model may see; times are in horizons, money in median baskets."""
LABELS: Final = ("label_count", "label_spend")
"""Columns that tell what followed the cut-off, within the horizon."""
_SQL: Final = Statement.load("cdp.scores.predict", "snapshot")


@dataclass(frozen=True, slots=True)
class Common:
    """What features of one customer are measured by: figures of all customers, None: unknown."""

    median_basket: float | None = None
    mean_gap: float | None = None


def snapshot(
    log: PurchaseLog, cuts: Sequence[int], horizon: int, common: Common | None = None
) -> pl.DataFrame:
    """Return one row per cut-off and customer who bought until then, latest cut-off first.

    Columns: `cut`, `customer`, FEATURES (null: not defined), `weeks_to_last` and `weeks` (from
    the first purchase to the last, to the cut-off), `n`, `paid` (purchases, and those of known
    amount), `spent`, `mean_amount` (money), `median_basket`, `mean_gap` (days; those of `common`,
    else of the log at the cut-off), and LABELS over `horizon` days after the cut-off.
    """
    with closing(scratch()) as connection:
        connection.register("purchase", log.rows)
        connection.register("cut_off", pl.DataFrame({"cut": list(cuts)}, schema={"cut": pl.Int32}))
        given = common or Common()
        params = {
            "horizon": horizon,
            "recent": max(horizon // 4, 7),
            "median_basket": given.median_basket,
            "mean_gap": given.mean_gap,
        }
        found: pl.DataFrame = connection.sql(_SQL.sql, params=params).pl()
    numbers = [name for name in found.columns if name not in {"cut", "customer"}]
    return found.with_columns(
        pl.col("cut").cast(pl.Int32),
        pl.col("customer").cast(pl.UInt32),
        pl.col(numbers).cast(pl.Float64),
    )
