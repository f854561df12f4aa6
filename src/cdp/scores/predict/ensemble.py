"""The default model: the purchase rhythm (MBG/NBD) and boosted trees on rolling cut-offs, averaged.

Log odds are averaged for the chance to buy, plain numbers for purchases and spend.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit

from cdp.scores.predict.boosting import boosted
from cdp.scores.predict.measures import log_odds
from cdp.scores.predict.naive import Table, table

if TYPE_CHECKING:
    from cdp.scores.predict.measures import Numbers
    from cdp.scores.predict.panel import Panel
    from cdp.scores.predict.trees import Trees

HALF_LIFE = 365.0
"""Days after which a cut-off counts half."""


@dataclass(frozen=True, slots=True, eq=False)
class Outlook:
    """What is said of each row: chance to buy, purchases, spend within the panel's length."""

    p: Numbers
    e: Numbers
    spend: Numbers


@dataclass(frozen=True, slots=True, eq=False)
class Ensemble:
    """Trees beside the rhythm, and the naive table of the same past.

    Attributes:
        names: features, in the order the trees know them; those of spend see `log(value)` last.
        buy: trees of the chance to buy; None: the rhythm alone.
        count: trees of the number of purchases.
        spend: trees of spend, in units of `scale`.
        scale: mean spend of those who spent.
        naive: recency x frequency.
    """

    names: tuple[str, ...]
    buy: Trees | None
    count: Trees | None
    spend: Trees | None
    scale: float
    naive: Table

    def outlook(self, rows: Panel) -> Outlook:
        """Return what the model says of these rows."""
        p, e = rows.p, rows.e
        spend = rows.e * rows.value
        if self.buy is not None:
            p = expit((log_odds(rows.p) + self.buy.margin(rows.matrix)) / 2)
        if self.count is not None:
            e = (rows.e + np.exp(self.count.margin(rows.matrix))) / 2
        if self.spend is not None:
            trees = np.exp(self.spend.margin(with_value(rows))) * self.scale
            spend = (spend + trees) / 2
        return Outlook(np.asarray(p), e, spend)

    def plain(self, rows: Panel) -> Outlook:
        """Return what the naive table says of these rows."""
        p, e = self.naive.look_up(rows.x, rows.column("recency"))
        return Outlook(p, e, e * rows.value)


def with_value(rows: Panel) -> Numbers:
    """Return the features with the logarithm of the expected money of a purchase as the last."""
    value = np.log(np.maximum(rows.value, 1e-6))
    return np.concatenate([rows.matrix, value[:, None]], axis=1)


def learned(rows: Panel, *, with_spend: bool, seed: int) -> Ensemble:
    """Return the model of these cut-offs and what followed them."""
    naive = table(rows.x, rows.column("recency"), rows.column("rate"), rows.count)
    if not len(rows.cut):
        return Ensemble(rows.names, None, None, None, 1.0, naive)
    weight = 0.5 ** ((rows.cut.max() - rows.cut) / HALF_LIFE)
    spend = np.maximum(rows.spend, 0.0)
    scale = float(spend[spend > 0].mean()) if (spend > 0).any() else 1.0
    return Ensemble(
        names=rows.names,
        buy=boosted(rows.matrix, rows.bought, weight, kind="logistic", seed=seed),
        count=boosted(rows.matrix, rows.count, weight, kind="poisson", seed=seed),
        spend=boosted(with_value(rows), spend / scale, weight, kind="poisson", seed=seed)
        if with_spend
        else None,
        scale=scale,
        naive=naive,
    )
