"""The parts of predictions as rows for `step.score_point`: what moved them, in words.

Invariant: of one customer's points the typical value, the three greatest parts and all others
together add up to the rounded value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from cdp.scores.predict.forecast import Forecaster
    from cdp.scores.predict.panel import Panel
    from cdp.scores.trained.parts import Parts

SHOWN: Final = 3
TYPICAL: Final = "a typical customer"
REST: Final = "everything else together"


def sentences(forecaster: Forecaster, rows: Panel, currency: str) -> pl.DataFrame:
    """Return, for each customer, what is known of each group, as a column a group."""
    days = rows.length
    whole = {
        "last": rows.column("recency") * days,
        "bought": rows.x + 1,
        "since": rows.weeks * 7,
        "gap": rows.column("gap_mean") * days,
        "paid": rows.column("basket_mean") * (forecaster.common.median_basket or 0.0),
        "alive": rows.alive * 100,
        "now": rows.column("n_1"),
        "before": rows.column("n_2"),
    }
    known = pl.DataFrame(
        {name: pl.Series(np.asarray(v)).fill_nan(None) for name, v in whole.items()}
    )
    known = known.with_columns(pl.all().round().cast(pl.Int64))
    return known.select(
        recency=pl.format("last purchase {} ago", _days("last")),
        frequency=pl.when(pl.col("bought") == 1)
        .then(pl.format("one purchase, a customer for {}", _days("since")))
        .otherwise(
            pl.format("{} days with a purchase in {} as a customer", "bought", _days("since"))
        ),
        value=pl.when(pl.col("paid").is_null())
        .then(pl.lit("nothing known of amounts"))
        .otherwise(pl.format("spends {} {} a purchase", "paid", pl.lit(currency))),
        rhythm=pl.when(pl.col("gap").is_null())
        .then(pl.format("no second purchase yet, still a customer by {} %", "alive"))
        .otherwise(pl.format("buys every {}, still a customer by {} %", _days("gap"), "alive")),
        trend=pl.format(
            "bought on {} of the last {} days, on {} of those before",
            "now",
            pl.lit(days),
            "before",
        ),
    )


def points(parts: Parts, told: pl.DataFrame, ids: pl.Series, digits: int) -> pl.DataFrame:
    """Return `profile_id`, `because`, `points`, up to five rows a customer."""
    order = np.argsort(-np.abs(parts.groups), axis=1, kind="stable")
    value, base = np.round(parts.value, digits), round(parts.base, digits + 2)
    left, frames = value - base, [_rows(ids, TYPICAL, np.full(len(ids), base))]
    for place in range(SHOWN):
        at = order[:, place]
        part = np.round(np.take_along_axis(parts.groups, at[:, None], axis=1)[:, 0], digits + 2)
        left = left - part
        frames += [
            _rows(ids.filter(mine), told[name].filter(mine), part[at == group])
            for group, name in enumerate(told.columns)
            if (mine := pl.Series(at == group)).any()
        ]
    frames.append(_rows(ids, REST, np.round(left, digits + 2)))
    return pl.concat(frames)


def _rows(ids: pl.Series, because: str | pl.Series, given: np.ndarray) -> pl.DataFrame:
    words = pl.lit(because) if isinstance(because, str) else because
    return pl.DataFrame({"profile_id": ids, "points": given}).select(
        "profile_id", words.alias("because"), "points"
    )


def _days(name: str) -> pl.Expr:
    return pl.when(pl.col(name) == 1).then(pl.lit("1 day")).otherwise(pl.format("{} days", name))
