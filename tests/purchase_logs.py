"""Invented purchase logs: buyers with a rate and an end, by a seed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from cdp.scores.predict.log import PurchaseLog, purchase_log

if TYPE_CHECKING:
    from collections.abc import Callable

START = 19_000
"""Day of the first purchase (days since 1970-01-01): 2022-01-08."""


def buyers(
    customers: int,
    days: int,
    seed: int = 1,
    *,
    busy: Callable[[Any], Any] | None = None,
) -> pl.DataFrame:
    """Return `customer`, `day`, `amount`; `busy` thins purchases to a share by day from START."""
    random = np.random.default_rng(seed)
    first = random.integers(0, days * 2 // 3, customers)
    rate = random.gamma(0.7, 1 / 25, customers)
    alive = np.minimum(random.exponential(300, customers), days - first)
    repeats = random.poisson(rate * alive)
    who = np.repeat(np.arange(customers), repeats)
    day = (first[who] + random.random(len(who)) * alive[who]).astype(int)
    if busy is not None:
        kept = random.random(len(day)) < busy(day)
        who, day = who[kept], day[kept]
    return pl.DataFrame(
        {
            "customer": [f"c{n:05d}" for n in (*range(customers), *who)],
            "day": np.concatenate([first, day]) + START,
            "amount": np.round(random.lognormal(3, 0.5, customers + len(who)), 2),
        }
    )


def log_of(customers: int, days: int, seed: int = 1) -> PurchaseLog:
    """Return the log of invented buyers."""
    return purchase_log(buyers(customers, days, seed))
