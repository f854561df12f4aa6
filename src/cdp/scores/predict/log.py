"""A purchase log: who bought on which day, for how much.

Invariant: `PurchaseLog.rows` has at most one row of purchases and one of refunds per customer and
day, sorted; a row whose amount is negative is a refund (it lowers spend from its day on and is no
purchase), every other row is a purchase; `customer` counts from 0 in the order of the sorted ids.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import polars as pl

EPOCH: Final = date(1970, 1, 1)
"""Day 0 of a log."""


@dataclass(frozen=True, slots=True, eq=False)
class PurchaseLog:
    """Purchases of customers.

    Attributes:
        rows: `customer` (code), `day` (days since 1970-01-01), `amount` (money; null: unknown).
        ids: what each code stands for, by code.
    """

    rows: pl.DataFrame
    ids: pl.Series

    @property
    def first_day(self) -> int:
        """Day of the first purchase; 0 in an empty log."""
        return int(self.rows["day"].to_numpy().min(initial=1 << 30)) if len(self.rows) else 0

    @property
    def has_amounts(self) -> float:
        """Share of purchases whose amount is known, 0 to 1."""
        bought = self.purchases
        return 1 - bought["amount"].null_count() / len(bought) if len(bought) else 0.0

    @property
    def purchases(self) -> pl.DataFrame:
        """The rows that are purchases."""
        return self.rows.filter(pl.col("amount").is_null() | (pl.col("amount") >= 0))

    def until(self, day: int) -> PurchaseLog:
        """Return what was known at the end of this day; codes stay."""
        return PurchaseLog(self.rows.filter(pl.col("day") <= day), self.ids)

    def of(self, customers: pl.Series) -> PurchaseLog:
        """Return the rows of these customers (codes); codes stay."""
        kept = self.rows.filter(pl.col("customer").is_in(customers.implode()))
        return PurchaseLog(kept, self.ids)


def day_number(day: date) -> int:
    """Return the days from 1970-01-01 to this date."""
    return (day - EPOCH).days


def as_date(day: int) -> date:
    """Return the date so many days after 1970-01-01."""
    return EPOCH + timedelta(days=day)


def purchase_log(frame: pl.DataFrame) -> PurchaseLog:
    """Return the log of a frame `customer` (any type), `day` (date or days), `amount` (or none).

    Rows of one customer and day become one; refunds of the day lower what was bought on it, and a
    purchase that is refunded wholly on its day is none. A day of refunds only stays a refund.
    """
    if "amount" not in frame.columns:
        frame = frame.with_columns(amount=pl.lit(None, dtype=pl.Float64))
    frame = frame.select(
        "customer", pl.col("day").cast(pl.Int32), pl.col("amount").cast(pl.Float64)
    ).drop_nulls(["customer", "day"])
    ids = frame["customer"].unique().sort()
    codes = pl.DataFrame({"customer": ids}).with_row_index("code")
    amount = pl.col("amount")
    sums = (
        frame.join(codes, on="customer")
        .select(pl.col("code").alias("customer"), "day", "amount")
        .sort("customer", "day", "amount")
        .group_by("customer", "day", maintain_order=True)
        .agg(
            bought=amount.filter(amount >= 0).sum(),
            known=(amount >= 0).sum(),
            unknown=amount.is_null().sum(),
            refund=amount.filter(amount < 0).sum(),
        )
    )
    return PurchaseLog(netted(sums), ids)


def netted(sums: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of a log from sums by customer and day, refunds of the day taken off.

    Columns: `customer`, `day`, `bought` (sum of amounts from 0 up), `known` and `unknown`
    (purchases of known and of unknown amount), `refund` (sum of amounts below 0).
    """
    refund, known, unknown = pl.col("refund"), pl.col("known"), pl.col("unknown")
    net = (
        pl.when(known + unknown == 0)
        .then(refund)
        .when(known > 0)
        .then((pl.col("bought") + refund).clip(lower_bound=0).round(4))
    )
    returned = (refund < 0) & (unknown == 0) & (known > 0) & (pl.col("bought") + refund <= 0)
    return (
        sums.with_columns(amount=net)
        .filter(~returned)
        .select(
            pl.col("customer").cast(pl.UInt32),
            pl.col("day").cast(pl.Int32),
            pl.col("amount").cast(pl.Float64),
        )
        .sort("customer", "day")
    )
