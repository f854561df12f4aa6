"""Cross-selling: what is bought in one order more often than chance would put it there.

Rules "who buys this also buys that" for people to read; to rank what one customer is shown by lift
is the worst that was measured, and `recommendations` does it otherwise. A rule is told where
enough baskets hold both, its lift is above 1 with 95 % certainty, and it stands when all pairs
that were looked at are counted (Benjamini and Hochberg, "Controlling the false discovery rate",
1995). Agrawal, Imielinski and Swami, "Mining association rules" (1993), describe support and
confidence; Brin et al. (1997) the lift.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import polars as pl
from pydantic import Field
from scipy.special import gammaln

from cdp.analyses.analysis import KINDS, Analysis, Finding
from cdp.analyses.purchases import OfCustomers
from cdp.store import Statement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from cdp.stage import Run
    from cdp.store import Warehouse

    Numbers = NDArray[np.float64]

LEAST_SUPPORT: Final = 20
"""Baskets that hold both: below it the interval of a lift is wider than the lift."""
LEAST_SHARE: Final = 0.001
"""And this share of all baskets: what is rarer sells too little to arrange a shop by."""
LEAST_BASKETS: Final = 100
"""Baskets of two products or more: below it a pair with enough support is every fifth of them."""
LEVEL: Final = 0.05
"""Share of the told rules that may be chance."""
MOST_PRODUCTS: Final = 5_000
MOST_EACH: Final = 200
"""As recommendations have it: best sellers that are looked at, and products of one basket."""
_Z: Final = 1.959963984540054
_NEGLIGIBLE: Final = 1e-17
_TOLD: Final = 5
_DRAWN: Final = 15
_TABLE: Final = "gold.analysis_rule"
_TEMPORARY: Final = ("basket_pair", "basket_product", "basket")
_BASKETS: Final = """
select count(*) as baskets, count(*) filter (products > 1) as several
from (select count(*) as products from temp.analysis_basket group by order_id)
"""
_BEST: Final = f"""
select if_name, then_name, baskets, confidence, lift, lift_low
from {_TABLE}
where analysis = $analysis
-- both directions of a pair have one lift: the surer is told
qualify row_number() over (
    partition by least(if_product, then_product), greatest(if_product, then_product)
    order by confidence desc, if_product
) = 1
order by lift_low desc, if_product, then_product
limit $n
"""  # noqa: S608 - our own names
_SIDES: Final = ("left", "right", "both")
_COLUMNS: Final = (
    *("analysis", "if_product", "then_product", "if_name", "then_name"),
    *("baskets", "support", "confidence", "lift", "lift_low", "p", "q"),
)


class CrossSellingAnalysis(OfCustomers):
    """Association rules: products, or categories, that one order holds together."""

    days: int = Field(730, gt=0, description="orders of the last so many days")
    by: Literal["product", "category"] = Field("product", description="what a rule is about")


def find(run: Run, name: str, definition: CrossSellingAnalysis) -> Finding:
    """Count pairs of products in baskets, and keep those that chance does not explain."""
    warehouse = run.warehouse
    what = {"kinds": list(definition.of), "by": definition.by}
    warehouse.make(_sql("basket"), as_of=run.as_of, days=definition.days, **what)
    baskets, several = warehouse.query(_BASKETS).row(0)
    least = least_support(baskets)
    held = warehouse.make(_sql("basket_product"), least=least, products=MOST_PRODUCTS)
    warehouse.make(_sql("basket_pair"), least=least, each=MOST_EACH)
    pairs = warehouse.query("from temp.analysis_basket_pair order by left_product, right_product")
    for table in _TEMPORARY:
        warehouse.drop(f"temp.analysis_{table}")
    things = {"product": "products", "category": "categories"}[definition.by]
    counts = {"baskets": baskets, "baskets_of_several": several}
    if several < LEAST_BASKETS:
        why = (
            f"{several:,} of {baskets:,} orders of the last {definition.days:,} days hold two "
            f"{things} or more; rules are told from {LEAST_BASKETS} such orders on"
        )
        return Finding("insufficient_data", (why,), counts)
    found = rules(pairs, baskets, held * (held - 1) // 2)
    looked = (
        f"{held:,} {things} are in {least:,} of {baskets:,} orders or more, and {pairs.height:,} "
        "pairs of them together in as many"
    )
    if found.is_empty():
        why = f"{looked}; none is together more often than chance explains"
        return Finding("nothing_found", (why,), counts)
    warehouse.insert(_TABLE, found.with_columns(analysis=pl.lit(name)).select(_COLUMNS))
    told = f"{looked}; {found.height // 2:,} pairs more often than chance explains"
    capped = (f"most_sold_{things}",) if held == MOST_PRODUCTS else ()
    words = (*_worded(warehouse, name), told)
    return Finding("found", words, counts | {"rules": found.height}, capped)


def _worded(warehouse: Warehouse, name: str) -> tuple[str, ...]:
    return tuple(
        f"{row['confidence']:.1%} of orders with {row['if_name']} also hold {row['then_name']}, "
        f"{row['lift']:.2g} times as many as of all orders (at least {row['lift_low']:.2g} times; "
        f"{row['baskets']:,} orders)"
        for row in warehouse.query(_BEST, analysis=name, n=_TOLD).to_dicts()
    )


def least_support(baskets: int) -> int:
    """Return how many baskets must hold both products of a rule."""
    return max(LEAST_SUPPORT, -int(-baskets * LEAST_SHARE // 1))


def rules(pairs: pl.DataFrame, baskets: int, looked_at: int) -> pl.DataFrame:
    """Return the rules that hold, both directions of each pair.

    Args:
        pairs: left_ and right_ product, name and baskets, and both_baskets.
        baskets: all there are, with one product or several.
        looked_at: pairs that could have become a rule. All count, not only those with enough
            support: how many hold both is what is tested, and must not choose what is counted.
    """
    left, right, both = (pairs[f"{side}_baskets"].cast(pl.Float64).to_numpy() for side in _SIDES)
    lift = both * baskets / (left * right)
    tested = pairs.with_columns(
        support=both / baskets,
        lift=lift,
        lift_low=lift * np.exp(-_Z * _spread(both, left, right, baskets)),
    ).filter(pl.col("lift") > 1)
    left, right, both = (tested[f"{side}_baskets"].cast(pl.Float64).to_numpy() for side in _SIDES)
    p = fisher(both, left, right, baskets)
    kept = tested.with_columns(p=p, q=adjusted(p, looked_at)).filter(
        (pl.col("lift_low") > 1) & (pl.col("q") <= LEVEL)
    )
    directions = [_directed(kept, *sides) for sides in (("left", "right"), ("right", "left"))]
    return pl.concat(directions).sort("if_product", "then_product")


def _directed(pairs: pl.DataFrame, from_: str, to: str) -> pl.DataFrame:
    return pairs.select(
        pl.col(f"{from_}_product").alias("if_product"),
        pl.col(f"{to}_product").alias("then_product"),
        pl.col(f"{from_}_name").alias("if_name"),
        pl.col(f"{to}_name").alias("then_name"),
        pl.col("both_baskets").alias("baskets"),
        "support",
        (pl.col("both_baskets") / pl.col(f"{from_}_baskets")).alias("confidence"),
        *("lift", "lift_low", "p", "q"),
    )


def _spread(both: Numbers, left: Numbers, right: Numbers, baskets: int) -> Numbers:
    """Return the standard error of the logarithm of lifts, by the delta method."""
    lift = both * baskets / (left * right)
    variance = 1 / both - 1 / left - 1 / right + (2 * lift - 1) / baskets
    return np.asarray(np.sqrt(np.maximum(variance, 0)))


def fisher(both: Numbers, left: Numbers, right: Numbers, baskets: int) -> Numbers:
    """Return Fisher's exact p, one-sided: so many together or more, did only chance join them.

    Args:
        both: baskets with both products of a pair, more than chance would expect.
        left: with the one.
        right: with the other.
        baskets: all.
    """
    k, a, b = both, left, right
    term = np.exp(
        _choices(a, k) + _choices(baskets - a, b - k) - _choices(np.full_like(b, baskets), b)
    )
    total = term.copy()
    # beyond what chance expects each further basket is less likely than the one before
    while np.any(term > _NEGLIGIBLE * total):
        term = term * np.maximum((a - k) * (b - k), 0) / ((k + 1) * (baskets - a - b + k + 1))
        total += term
        k = k + 1
    return np.asarray(np.minimum(total, 1))


def _choices(n: Numbers, k: Numbers) -> Numbers:
    """Return the logarithm of n over k."""
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))


def adjusted(p: Numbers, looked_at: int) -> Numbers:
    """Return the share of chance findings among all as sure as this one (Benjamini-Hochberg).

    Args:
        p: of some of what was looked at; the others are taken to be no surer than these.
        looked_at: how many were.
    """
    order = np.argsort(p, kind="stable")
    steps = p[order] * looked_at / np.arange(1, len(p) + 1)
    found = np.empty_like(p)
    found[order] = np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1)
    return found


def draw(warehouse: Warehouse, name: str) -> Mapping[str, bytes]:
    """Return the best rules: how many times as often as by chance, and at least."""
    from cdp.analyses import pictures  # noqa: PLC0415 - matplotlib is slow to import

    best = warehouse.query(_BEST, analysis=name, n=_DRAWN).to_dicts()
    rows = [
        (f"{row['if_name']} → {row['then_name']}", row["lift"], row["lift_low"]) for row in best
    ]
    return {"rules.svg": pictures.times(rows, ("lift", "at least"), "Bought together")}


def _sql(name: str) -> Statement:
    return Statement.load("cdp.analyses", name)


KINDS.add(
    "cross_selling",
    Analysis("cross_selling", CrossSellingAnalysis, (_TABLE,), find, draw),
)
