"""Snapshots as a model takes them: features with the purchase rhythm, and what followed.

Invariant: rows are customers at cut-offs; rhythm and basket of a cut-off are fitted on what was
known there.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from cdp.scores.predict import mbg
from cdp.scores.predict.basket import Basket, basket
from cdp.scores.predict.measures import log_odds
from cdp.scores.predict.snapshot import FEATURES, Common, snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from cdp.scores.predict.log import PurchaseLog
    from cdp.scores.predict.measures import Numbers

    Extra = Callable[[Sequence[int]], pl.DataFrame]
    """Given cut-offs (days), further features: `cut`, `customer` (code), and numbers."""

RHYTHM: Final = ("rhythm_log_odds", "rhythm_log_count", "p_alive")
"""Features that the purchase rhythm (MBG/NBD) gives."""
SAMPLE: Final = 20_000
"""Customers that a model is learned from and tried on at most."""
FITTED: Final = 10_000
"""Customers that a rhythm is fitted on at most."""


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """Customers at cut-offs, latest cut-off first.

    Attributes:
        length: days that labels look ahead and that features are scaled by.
        names: columns of `matrix`.
        cut: cut-off of each row (day).
        customer: code of each row.
        matrix: features, NaN where not defined.
        x: repeat purchases.
        weeks_to_last: weeks from first to last purchase.
        weeks: weeks from first purchase to the cut-off.
        p: chance to buy within `length` by the rhythm.
        e: expected purchases within `length` by the rhythm.
        alive: P(alive) by the rhythm.
        value: expected money of a purchase.
        spent: money so far.
        count: purchases that followed within `length`.
        spend: money that followed.
        rhythms: what was fitted at each cut-off.
        baskets: likewise.
        commons: likewise, what features are measured by.
    """

    length: int
    names: tuple[str, ...]
    cut: NDArray[np.int32]
    customer: NDArray[np.uint32]
    matrix: Numbers
    x: Numbers
    weeks_to_last: Numbers
    weeks: Numbers
    p: Numbers
    e: Numbers
    alive: Numbers
    value: Numbers
    spent: Numbers
    count: Numbers
    spend: Numbers
    rhythms: dict[int, mbg.Rhythm]
    baskets: dict[int, Basket]
    commons: dict[int, Common]

    @property
    def bought(self) -> Numbers:
        """Whether a purchase followed, 0 or 1."""
        return (self.count > 0).astype(float)

    def column(self, name: str) -> Numbers:
        """Return a feature by name."""
        return self.matrix[:, self.names.index(name)]

    def where(self, rows: NDArray[Any]) -> Panel:
        """Return these rows only."""
        picked = {
            field.name: value[rows]
            for field in fields(self)
            if isinstance(value := getattr(self, field.name), np.ndarray)
        }
        return replace(self, **picked)

    def at(self, *cuts: int) -> Panel:
        """Return the rows of these cut-offs."""
        return self.where(np.isin(self.cut, cuts))


def sampled(log: PurchaseLog, seed: int, most: int = SAMPLE) -> PurchaseLog:
    """Return the log of at most so many customers, drawn by the seed."""
    codes = log.rows["customer"].unique().sort()
    if len(codes) <= most:
        return log
    drawn = np.random.default_rng(seed).choice(codes.to_numpy(), most, replace=False)
    return log.of(pl.Series("customer", np.sort(drawn), dtype=pl.UInt32))


def panel(
    log: PurchaseLog,
    cuts: Sequence[int],
    length: int,
    *,
    fitted: tuple[mbg.Rhythm, Basket, Common] | None = None,
    extra: Extra | None = None,
) -> Panel:
    """Return the customers of a log at cut-offs; `fitted`: what all share, not fitted anew."""
    frame = snapshot(log, cuts, length, fitted[2] if fitted else None)
    names: tuple[str, ...] = FEATURES
    if extra is not None:
        added = extra(cuts).with_columns(
            pl.col("cut").cast(pl.Int32), pl.col("customer").cast(pl.UInt32)
        )
        names = (*FEATURES, *(c for c in added.columns if c not in {"cut", "customer"}))
        frame = frame.join(added, on=["cut", "customer"], how="left", maintain_order="left")
    told = _told(frame, length, fitted)
    p, e, alive, value = told.columns
    rhythm = np.stack([log_odds(p), np.log(np.maximum(e, 1e-9)), alive], axis=1)
    own = frame.select(pl.col(names).cast(pl.Float64).fill_null(float("nan"))).to_numpy()
    return Panel(
        length=length,
        names=(*names, *RHYTHM),
        cut=frame["cut"].to_numpy(),
        customer=frame["customer"].to_numpy(),
        matrix=np.concatenate([own, rhythm], axis=1),
        x=_numbers(frame, "x"),
        weeks_to_last=_numbers(frame, "weeks_to_last"),
        weeks=_numbers(frame, "weeks"),
        p=p,
        e=e,
        alive=alive,
        value=value,
        spent=_numbers(frame, "spent"),
        count=_numbers(frame, "label_count"),
        spend=_numbers(frame, "label_spend"),
        rhythms=told.rhythms,
        baskets=told.baskets,
        commons=told.commons,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Told:
    """What rhythm and basket say of each row: `p`, `e`, `alive`, `value`; and by cut-off."""

    columns: Numbers
    rhythms: dict[int, mbg.Rhythm]
    baskets: dict[int, Basket]
    commons: dict[int, Common]


def _told(
    frame: pl.DataFrame, length: int, fitted: tuple[mbg.Rhythm, Basket, Common] | None
) -> _Told:
    """Return what rhythm and basket say, fitted at each cut-off from the latest on, or given."""
    x, tx, t, paid, mean = (
        _numbers(frame, name) for name in ("x", "weeks_to_last", "weeks", "paid", "mean_amount")
    )
    cut = frame["cut"].to_numpy()
    told = _Told(np.zeros((4, len(frame))), {}, {}, {})
    last: mbg.Rhythm | None = None
    for day in sorted(set(cut.tolist()), reverse=True):
        rows = np.flatnonzero(cut == day)
        given = x[rows], tx[rows], t[rows]
        last, money = (
            fitted[:2] if fitted else (_rhythm(*given, last), basket(paid[rows], mean[rows]))
        )
        told.rhythms[day], told.baskets[day] = last, money
        told.commons[day] = Common(*frame.select("median_basket", "mean_gap").row(int(rows[0])))
        told.columns[0, rows] = mbg.p_buy(last, *given, length / 7)
        told.columns[1, rows] = mbg.expected_purchases(last, *given, length / 7)
        told.columns[2, rows] = mbg.p_alive(last, *given)
        told.columns[3, rows] = money.value(paid[rows], mean[rows])
    return told


def _numbers(frame: pl.DataFrame, name: str) -> Numbers:
    return frame[name].fill_null(float("nan")).to_numpy()


def _rhythm(x: Numbers, tx: Numbers, t: Numbers, start: mbg.Rhythm | None) -> mbg.Rhythm:
    if len(x) > FITTED:
        kept = np.linspace(0, len(x) - 1, FITTED).astype(np.intp)
        x, tx, t = x[kept], tx[kept], t[kept]
    return mbg.fit(mbg.Buyers.of(x, tx, t), start=start)
