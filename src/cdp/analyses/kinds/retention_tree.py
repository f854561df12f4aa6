"""Retention tree: what parts customers who bought again within a horizon from those who did not.

Invariants: a fact is known at a cut-off and what it explains came after it; the tree is learned
from some customers at an earlier cut-off, and all that is told of it (members, rates, proof) comes
from others, at a later one. Athey and Imbens, "Recursive partitioning for heterogeneous causal
effects" (2016), call trees whose leaves are measured on other rows honest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl
from pydantic import Field

from cdp.analyses import splitting
from cdp.analyses.analysis import KINDS, Analysis, Finding
from cdp.analyses.purchases import OfCustomers
from cdp.scores.bought import currency
from cdp.scores.predict.log import PurchaseLog, purchase_log
from cdp.scores.predict.measures import auc
from cdp.scores.predict.panel import SAMPLE
from cdp.scores.predict.snapshot import snapshot
from cdp.scores.trained.purchases import last_day
from cdp.segments.uplift import wilson

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdp.analyses.splitting import Bounds, Node, Numbers
    from cdp.stage import Run
    from cdp.store import Warehouse

LEAST_CUSTOMERS: Final = 400
"""Half of them teach the tree: below it a leaf of fifty is more than a quarter of what it saw."""
LEAST_EACH: Final = 50
"""Who bought again, and who did not, in either half: fewer are no proof (see docs/scores.md)."""
LEAST_LEAF: Final = 50
"""Below it Wilson's interval of a rate of one half is wider than 27 points."""
_TABLE: Final = "gold.analysis_tree"
_SEED: Final = 17
_Z: Final = 1.959963984540054
_PURCHASES: Final = """
select profile_id as customer, happened_at::date as day, amount::double as amount
from temp.analysis_purchase
where list_contains($kinds, entity_type)
    -- a refund of unknown amount says nothing
    and (coalesce(is_order, true) or amount is not null)
"""
_NODES: Final = f"""
select node, parent, condition, members, kept, rate, rate_low, rate_high, is_leaf
from {_TABLE}
where analysis = $analysis
order by node
"""  # noqa: S608 - our own name
_SCHEMA: Final = pl.Schema(
    {
        "node": pl.Int32(),
        "parent": pl.Int32(),
        "condition": pl.String(),
        "members": pl.Int64(),
        "kept": pl.Int64(),
        **{name: pl.Float64() for name in ("rate", "rate_low", "rate_high")},
        "is_leaf": pl.Boolean(),
        "words": pl.String(),
    }
)


class RetentionTreeAnalysis(OfCustomers):
    """A decision tree of who buys again within a horizon."""

    horizon_days: int = Field(
        180, ge=28, le=730, description="whoever buys within so many days is kept"
    )
    depth: int = Field(3, ge=1, le=4, description="most conditions on the way to a leaf")
    smallest_leaf: int = Field(
        LEAST_LEAF,
        ge=20,
        description="fewest customers of a leaf, of those that the tree is learned from",
    )


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact that may part customers.

    Attributes:
        words: what it is called, with the horizon and the currency put in.
        value: where it is found in a snapshot, in its unit.
        step: what its values are whole multiples of.
    """

    words: str
    value: pl.Expr
    step: float


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """Customers at a cut-off: facts by column, and whether they bought within the horizon."""

    rows: Numbers
    kept: Numbers

    @property
    def is_enough(self) -> bool:
        """Whether there are enough of both."""
        kept = float(self.kept.sum())
        return min(kept, len(self.kept) - kept) >= LEAST_EACH


@dataclass(frozen=True, slots=True)
class Proof:
    """How much better the tree told other customers than one rate for all."""

    brier: float
    base: float
    low: float
    high: float
    auc: float

    @property
    def words(self) -> str:
        """In one sentence."""
        return (
            f"told of customers and days it was not learned from: Brier score {self.brier:.3f}, "
            f"{self.base:.3f} with one rate for all, better by {self.base - self.brier:.3f} "
            f"({self.low:.3f} to {self.high:.3f}); AUC {self.auc:.2f}"
        )


def find(run: Run, name: str, definition: RetentionTreeAnalysis) -> Finding:
    """Learn a tree from half of the customers, and tell it by the others."""
    horizon, until = definition.horizon_days, last_day(run)
    rows = run.warehouse.query(_PURCHASES, kinds=list(definition.of))
    log = purchase_log(rows)
    facts = _facts(horizon, currency(run.warehouse), log)
    early, late = until - 2 * horizon, until - horizon
    ids = log.until(early).purchases["customer"].unique().sort()
    if len(ids) < LEAST_CUSTOMERS:
        why = (
            f"{len(ids):,} customers had bought two horizons of {horizon} days ago; a tree is "
            f"learned from {LEAST_CUSTOMERS} on"
        )
        return Finding("insufficient_data", (why,), {"customers": len(ids)})
    taught = _drawn(ids)
    learned = _known(log.of(taught), early, horizon, facts)
    held_out = _known(_without(log, taught), late, horizon, facts)
    counts = {"learned": len(learned.kept), "held_out": len(held_out.kept)}
    if not (learned.is_enough and held_out.is_enough):
        return Finding("insufficient_data", (_one_sided(learned, held_out, horizon),), counts)
    nodes = _learn(learned, definition, facts)
    proof = _proof(nodes, learned, held_out)
    if len(nodes) == 1 or proof.low <= 0:
        return Finding("nothing_found", (_refused(nodes, proof, horizon),), counts)
    told = _told(nodes, facts, held_out, horizon)
    run.warehouse.insert(_TABLE, told.with_columns(analysis=pl.lit(name)))
    words = (_summary(told, horizon), *_leaves(told), proof.words)
    return Finding("found", words, counts | {"leaves": int(told["is_leaf"].sum())})


def _facts(horizon: int, money: str, log: PurchaseLog) -> list[Fact]:
    """Return what a tree may ask; of money only where every purchase has its amount.

    Times of a snapshot are in horizons, money of this horizon in median baskets.
    """
    col = pl.col
    facts = [
        Fact("days since the last purchase", col("recency") * horizon, 1),
        Fact("days since the first purchase", col("tenure") * horizon, 1),
        Fact("days with a purchase", col("n"), 1),
        Fact(f"days with a purchase in the last {horizon}", col("n_1"), 1),
        Fact(f"days with a purchase in the {horizon} before those", col("n_2"), 1),
    ]
    if log.has_amounts < 1:
        return facts
    return [
        *facts,
        Fact(f"mean of a purchase day in {money}".rstrip(" in"), col("mean_amount"), 0.01),
        Fact(
            f"{money} spent in the last {horizon} days".lstrip(),
            col("spent_1") * col("median_basket"),
            0.01,
        ),
    ]


def _drawn(ids: pl.Series) -> pl.Series:
    """Return the customers that the tree is learned from: half of them, of many fewer."""
    most = min(len(ids) // 2, SAMPLE)
    drawn = np.random.default_rng(_SEED).choice(ids.to_numpy(), most, replace=False)
    return pl.Series("customer", np.sort(drawn), dtype=pl.UInt32)


def _without(log: PurchaseLog, customers: pl.Series) -> PurchaseLog:
    return PurchaseLog(log.rows.filter(~pl.col("customer").is_in(customers.implode())), log.ids)


def _known(log: PurchaseLog, cut: int, horizon: int, facts: list[Fact]) -> Known:
    frame = snapshot(log, [cut], horizon)
    values = frame.select(
        ((fact.value / fact.step).round() * fact.step).round(2).fill_null(0.0).alias(str(number))
        for number, fact in enumerate(facts)
    )
    kept = (frame["label_count"] > 0).cast(pl.Float64)
    return Known(values.to_numpy().astype(np.float64), kept.to_numpy())


def _learn(learned: Known, definition: RetentionTreeAnalysis, facts: list[Fact]) -> list[Node]:
    """Return the tree, its thresholds as people say them: the last value that goes left."""
    nodes = splitting.learn(
        learned.rows, learned.kept, depth=definition.depth, smallest=definition.smallest_leaf
    )
    return [
        node
        if node.fact is None
        else replace(node, threshold=_below(node.threshold, facts[node.fact].step))
        for node in nodes
    ]


def _below(value: float, step: float) -> float:
    return round(float(np.floor(value / step + 1e-6)) * step, 2)


def _proof(nodes: list[Node], learned: Known, held_out: Known) -> Proof:
    """Compare the tree with the rate of those it was learned from, on the others.

    One row is one customer, so the mean gain has the interval of a mean.
    """
    came = held_out.kept
    said = splitting.said(nodes, held_out.rows)
    own, base = (said - came) ** 2, (learned.kept.mean() - came) ** 2
    gain = base - own
    spread = _Z * float(gain.std(ddof=1)) / np.sqrt(len(gain))
    mean = float(gain.mean())
    return Proof(
        brier=float(own.mean()),
        base=float(base.mean()),
        low=mean - spread,
        high=mean + spread,
        auc=auc(said, came),
    )


def _told(nodes: list[Node], facts: list[Fact], held_out: Known, horizon: int) -> pl.DataFrame:
    rows: list[tuple[Any, ...]] = []
    for number, (node, here) in enumerate(
        zip(nodes, splitting.reached(nodes, held_out.rows), strict=True)
    ):
        members, kept = int(here.sum()), int(held_out.kept[here].sum())
        rate = _interval(kept, members) if members else (None, None, None)
        is_leaf = node.fact is None
        way = _way(splitting.bounds(nodes, number), facts)
        words = f"{way}: {_rated(kept, members, rate, horizon)}" if is_leaf else None
        told = (members, kept, *rate, is_leaf, words)
        rows.append((number, node.parent, _condition(nodes, node, facts), *told))
    return pl.DataFrame(rows, _SCHEMA, orient="row")


def _interval(kept: int, members: int) -> tuple[float, float, float]:
    low, high = wilson(kept, members)
    # at 0 and 1 its ends miss them by the last digit
    return kept / members, max(low, 0.0), min(high, 1.0)


def _condition(nodes: list[Node], node: Node, facts: list[Fact]) -> str | None:
    if node.parent is None:
        return None
    above = nodes[node.parent]
    side = (None, above.threshold) if node.is_left else (above.threshold, None)
    return _way({above.fact or 0: splitting.Bounds(*side)}, facts)


def _way(found: Mapping[int, Bounds], facts: list[Fact]) -> str:
    return ", ".join(f"{facts[n].words}: {_between(b, facts[n].step)}" for n, b in found.items())


def _between(given: Bounds, step: float) -> str:
    digits = 0 if step == 1 else 2
    low = None if given.low is None else f"{given.low + step:,.{digits}f}"
    high = None if given.high is None else f"{given.high:,.{digits}f}"
    if low is None or high is None:
        return f"at least {low}" if high is None else f"at most {high}"
    return low if low == high else f"{low} to {high}"


def _rated(kept: int, members: int, rate: tuple[float | None, ...], horizon: int) -> str:
    value, low, high = rate
    if value is None or low is None or high is None:
        return "no customer who was held out"
    return (
        f"{value:.1%} bought again within {horizon} days ({kept:,} of {members:,}; "
        f"{low:.1%} to {high:.1%})"
    )


def _summary(told: pl.DataFrame, horizon: int) -> str:
    top = told.row(0, named=True)
    rates = told.filter("is_leaf")["rate"].drop_nulls().to_list()
    return (
        f"{top['rate']:.1%} of {top['members']:,} customers who were held out bought again within "
        f"{horizon} days, between {min(rates):.1%} and {max(rates):.1%} by the leaf of the tree"
    )


def _leaves(told: pl.DataFrame) -> list[str]:
    leaves = told.filter("is_leaf").sort("rate", "node", descending=[True, False], nulls_last=True)
    return leaves["words"].to_list()


def _one_sided(learned: Known, held_out: Known, horizon: int) -> str:
    parts = [
        f"{one.kept.sum():,.0f} of {len(one.kept):,} customers {when}"
        for one, when in ((learned, "at the earlier cut-off"), (held_out, "at the later one"))
    ]
    return (
        f"{' and '.join(parts)} bought again within {horizon} days; {LEAST_EACH} who did and "
        f"{LEAST_EACH} who did not are needed at either"
    )


def _refused(nodes: list[Node], proof: Proof, horizon: int) -> str:
    if len(nodes) == 1:
        return (
            f"no fact parts customers who bought again within {horizon} days from the others: "
            "pruned by cross-validation, nothing is left of the tree"
        )
    return f"the tree is no better than one rate for all: {proof.words}"


def draw(warehouse: Warehouse, name: str) -> Mapping[str, bytes]:
    """Return the tree, with members and rate of each node."""
    from cdp.analyses import portraits  # noqa: PLC0415 - matplotlib is slow to import

    boxes = {
        row["node"]: portraits.Box(_boxed(row), row["rate"], row["condition"], row["parent"])
        for row in warehouse.query(_NODES, analysis=name).to_dicts()
    }
    return {"tree.svg": portraits.tree(boxes, "Who buys again")}


def _boxed(row: Mapping[str, Any]) -> str:
    if row["rate"] is None:
        return "nobody held out"
    ends = f"\n{row['rate_low']:.0%} to {row['rate_high']:.0%}"
    return f"{row['rate']:.1%} bought again\nof {row['members']:,} customers{ends}"


KINDS.add(
    "retention_tree",
    Analysis("retention_tree", RetentionTreeAnalysis, (_TABLE,), find, draw),
)
