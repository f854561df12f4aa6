"""Shares with their uncertainty: Wilson's score interval, 95 %."""

from __future__ import annotations

from dataclasses import dataclass

from scipy.stats import binomtest


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share and its interval; all None where nothing was counted."""

    value: float | None
    low: float | None
    high: float | None


def share(hits: int, of: int) -> Estimate:
    """Return hits / of with Wilson's interval (Wilson 1927).

    Pairs of one entity are not independent of one another, so the interval is a lower bound of
    the real uncertainty.
    """
    if not of:
        return Estimate(None, None, None)
    interval = binomtest(hits, of).proportion_ci(method="wilson")
    return Estimate(hits / of, float(interval.low), float(interval.high))


def f1(both: int, joined_only: int, one_only: int) -> Estimate:
    """Return the F1 measure with an interval.

    F1 rises with F* = both / (both + joined_only + one_only), which is a share
    (Hand, Christen and Kirielle 2021): F1 = 2 F* / (1 + F*), so its interval is F*'s, mapped.
    """
    star = share(both, both + joined_only + one_only)
    mapped = [None if x is None else 2 * x / (1 + x) for x in (star.value, star.low, star.high)]
    return Estimate(*mapped)
