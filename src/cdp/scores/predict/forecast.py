"""Train on the past of a purchase log, say what each customer will do.

Longer horizons than could be learned from are reached with the purchase rhythm: expected numbers
grow as the rhythm's do, log odds move as the rhythm's do; `Forecaster.is_extrapolated` says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl
from scipy.special import expit

from cdp.scores.predict import mbg, naive
from cdp.scores.predict.basket import UNKNOWN, Basket
from cdp.scores.predict.ensemble import Ensemble, Outlook, learned
from cdp.scores.predict.measures import log_odds
from cdp.scores.predict.panel import Panel, panel, sampled
from cdp.scores.predict.schedule import trainable, training_cuts
from cdp.scores.predict.snapshot import Common

if TYPE_CHECKING:
    from cdp.scores.predict.log import PurchaseLog
    from cdp.scores.predict.measures import Numbers
    from cdp.scores.predict.panel import Extra

AMOUNTS: Final = 0.9
"""Share of purchases whose amount must be known before spend is forecast."""
LIKELY: Final = 0.5
"""Chance to buy within the horizon from which a window of the next purchase is named."""
EARLY, LATE = 0.25, 0.8
"""Chances between which the next purchase is expected."""


@dataclass(frozen=True, slots=True, eq=False)
class Forecaster:
    """A trained forecast.

    Attributes:
        until: the day it was trained at (days since 1970-01-01).
        horizon: days it looks ahead.
        length: days of the outcomes it learned from; shorter than the horizon: extrapolated.
        cuts: the cut-offs it learned from, latest first; none: the history was too short.
        rows: customers at cut-offs it learned from.
        has_spend: whether spend is forecast.
        model: trees and naive table.
        rhythm: purchase rhythm of all customers at `until`.
        basket: money of a purchase at `until`.
        common: what features are measured by, at `until`.
        seed: what it was drawn by.
    """

    until: int
    horizon: int
    length: int
    cuts: tuple[int, ...]
    rows: int
    has_spend: bool
    model: Ensemble
    rhythm: mbg.Rhythm
    basket: Basket
    common: Common
    seed: int

    @property
    def is_extrapolated(self) -> bool:
        """Whether the horizon is longer than any outcome that was learned from."""
        return self.horizon > self.length

    def predict(
        self,
        log: PurchaseLog,
        until: int | None = None,
        *,
        naively: bool = False,
        extra: Extra | None = None,
    ) -> pl.DataFrame:
        """Return a row per customer with a purchase until then (default: the training's day).

        Columns: `customer` (code), `p_buy`, `expected_purchases`, `expected_spend` (null without
        amounts), `p_alive`, `next_purchase_from`, `next_purchase_to` (dates; null where a purchase
        within the horizon is less likely than not, `to` also where it may never come).
        `naively` gives the recency x frequency table's numbers; P(alive) and dates are null then.
        """
        day = self.until if until is None else until
        rows = self.rows_at(log, day, extra=extra)
        said = self.plain(rows) if naively else self.outlook(rows)
        frame = pl.DataFrame(
            {
                "customer": rows.customer,
                "p_buy": said.p,
                "expected_purchases": said.e,
                "expected_spend": said.spend,
            }
        )
        if not self.has_spend:
            frame = frame.with_columns(expected_spend=pl.lit(None, dtype=pl.Float64))
        return frame.with_columns(**self._rhythm_columns(rows, said, day, naively=naively)).sort(
            "customer"
        )

    def rows_at(self, log: PurchaseLog, day: int, *, extra: Extra | None = None) -> Panel:
        """Return every customer as known at the end of a day, in the trained features."""
        fitted = self.rhythm, self.basket, self.common
        return panel(log.until(day), [day], self.length, fitted=fitted, extra=extra)

    def outlook(self, rows: Panel) -> Outlook:
        """Return the model's chances and numbers over the whole horizon."""
        said = self.model.outlook(rows)
        if not self.is_extrapolated:
            return said
        p, e = self.of_rhythm(rows)
        growth = e / np.maximum(rows.e, 1e-12)
        odds = log_odds(said.p) + log_odds(p) - log_odds(rows.p)
        return Outlook(np.asarray(expit(odds)), said.e * growth, said.spend * growth)

    def plain(self, rows: Panel) -> Outlook:
        """Return the naive chances and numbers over the whole horizon."""
        if not self.cuts:
            p, e = naive.by_rate(rows.x, rows.weeks, self.horizon / 7)
            return Outlook(p, e, e * rows.value)
        said = self.model.plain(rows)
        times = self.horizon / self.length
        return Outlook(1 - (1 - said.p) ** times, said.e * times, said.spend * times)

    def of_rhythm(self, rows: Panel) -> tuple[Numbers, Numbers]:
        """Return chance and number of purchases over the whole horizon by the rhythm alone."""
        given = rows.x, rows.weeks_to_last, rows.weeks
        weeks = self.horizon / 7
        return mbg.p_buy(self.rhythm, *given, weeks), mbg.expected_purchases(
            self.rhythm, *given, weeks
        )

    def _rhythm_columns(
        self, rows: Panel, said: Outlook, day: int, *, naively: bool
    ) -> dict[str, pl.Series]:
        none = np.full(len(rows.cut), np.nan)
        early, late = (
            (_dates(day, none), _dates(day, none)) if naively else self.window(rows, said, day)
        )
        return {
            "p_alive": pl.Series(none if naively else rows.alive).fill_nan(None),
            "next_purchase_from": early,
            "next_purchase_to": late,
        }

    def window(self, rows: Panel, said: Outlook, day: int) -> tuple[pl.Series, pl.Series]:
        """Return from when to when the next purchase is expected; null where none is likely."""
        early, late = (
            np.where(said.p >= LIKELY, self._days_until(rows, share), np.nan)
            for share in (EARLY, LATE)
        )
        return _dates(day, early), _dates(day, np.where(np.isnan(early), np.nan, late))

    def _days_until(self, rows: Panel, share: float) -> Numbers:
        weeks = mbg.weeks_until(self.rhythm, rows.x, rows.weeks_to_last, rows.weeks, share)
        return np.maximum(np.ceil(weeks * 7), 1)


def _dates(day: int, ahead: Numbers) -> pl.Series:
    """Return the dates so many days after a day; null where unknown or beyond a century."""
    days = pl.Series(ahead).fill_nan(None)
    within = days.set(days > 36_500, None)  # noqa: PLR2004 - what is that far off never comes
    return (within.cast(pl.Int32) + day).cast(pl.Date)


def train(
    log: PurchaseLog,
    until: int,
    horizon_days: int,
    seed: int = 1,
    *,
    extra: Extra | None = None,
) -> Forecaster:
    """Return the forecast learned from what was known at the end of the day `until`.

    `extra` gives further features as of a cut-off; the caller vouches that they were known then
    (`cdp.scores.predict.gate` refuses what looks as if they were not).
    """
    known = log.until(until)
    first = known.first_day
    length = trainable(first, until, horizon_days)
    cuts = training_cuts(first, until, length)
    some = sampled(known, seed)
    has_spend = known.has_amounts >= AMOUNTS
    past = panel(some, cuts, length, extra=extra)
    now = panel(some, [until], length, extra=extra)
    return Forecaster(
        until=until,
        horizon=horizon_days,
        length=length,
        cuts=cuts,
        rows=len(past.cut),
        has_spend=has_spend,
        model=learned(past, with_spend=has_spend, seed=seed),
        rhythm=now.rhythms.get(until, mbg.Rhythm(1.0, 1.0, 1.0, 1.0)),
        basket=now.baskets.get(until, Basket(0.0, UNKNOWN)),
        common=now.commons.get(until, Common()),
        seed=seed,
    )
