"""What goes together and what sells best, found once for all, with a trial on days held out.

Invariant: nothing later than `as_of` is read; a list of one's own is offered only where it named
what customers bought later more often than best sellers did.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import polars as pl

from cdp.recommendations.definition import RECOMMENDATIONS
from cdp.recommendations.trial import verdicts
from cdp.stage import Delta, Report, Run, Stage
from cdp.store import Statement

if TYPE_CHECKING:
    from cdp.recommendations.definition import RecommendationFile

HELD_OUT_DAYS: Final = 28
_MOST_PRODUCTS: Final = 5_000
_MOST_EACH: Final = 200
_NEAR: Final = 20
_BEST: Final = 30


def run(run: Run) -> Report:
    """Replace what goes together, the best sellers, and how good lists made of them are."""
    warehouse, declared = run.warehouse, run.workspace.one(RECOMMENDATIONS)
    today = run.as_of.date()
    warehouse.put("step.recommend_limit", _limits(declared))
    warehouse.make(_sql("bought"), as_of=run.as_of, window_days=declared.window_days)
    cut = today - timedelta(days=HELD_OUT_DAYS)
    warehouse.make(_sql("held"), cut=cut)
    warehouse.make(_sql("near"))
    warehouse.make(_sql("trial"), cut=cut)
    lines = warehouse.count("step.recommend_bought")
    trial = warehouse.query("from step.recommend_trial order by customer")
    found = verdicts(trial, lines, run.seed)
    warehouse.make(_sql("held"), cut=today)
    warehouse.make(_sql("near"))
    warehouse.replace(_sql("product_affinity"))
    warehouse.replace(_sql("best_seller"), as_of=run.as_of)
    warehouse.put(
        "gold.recommender", found.with_columns(as_of=pl.lit(run.as_of.replace(tzinfo=None)))
    )
    return _report(run, found)


def delta(run: Run, delta: Delta) -> Report | None:
    """Keep what goes together for a day: a few more orders of that day hardly move it.

    None on a new day, and where no run found it yet.
    """
    _ = delta
    known = run.warehouse.query("select max(as_of) from gold.recommender").item()
    if known is None or known.date() != run.as_of.date():
        return None
    return _report(run, run.warehouse.query("from gold.recommender order by list"))


def _limits(declared: RecommendationFile) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "products": [_MOST_PRODUCTS],
            "each": [_MOST_EACH],
            "near": [_NEAR],
            "best": [_BEST],
            "lately_days": [declared.best_seller_days],
        }
    )


def _report(run: Run, found: pl.DataFrame) -> Report:
    counts = {
        "pairs": run.warehouse.count("gold.product_affinity"),
        "best_sellers": run.warehouse.count("gold.best_seller"),
    }
    notes = tuple(
        f"{row['list']}: {row['status']}, named what {row['customers']:,} customers bought later "
        f"in {row['hits']:.1%} of cases, best sellers in {row['baseline']:.1%}"
        for row in found.iter_rows(named=True)
    )
    return Report(counts, notes)


def _sql(name: str) -> Statement:
    return Statement.load("cdp.recommendations", name)


STAGE = Stage(
    name="recommendations",
    reads=("gold.order", "gold.order_line", "gold.product"),
    writes=("gold.product_affinity", "gold.best_seller", "gold.recommender"),
    key="global",
    run=run,
    delta=delta,
    config=(RECOMMENDATIONS,),
    uses_as_of=True,
)
