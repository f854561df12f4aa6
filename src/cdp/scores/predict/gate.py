"""May a forecast be published? Rules fixed beforehand, judged on the back-test alone.

The figures are those of the design of scores; a forecast that does not pass is not shown as one.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdp.scores.predict.backtest import Backtest, Trialled

Status = Literal[
    "published",
    "ranking_only",
    "insufficient_data",
    "not_better_than_baseline",
    "leak_suspected",
]

CUSTOMERS: Final = 200
REPEATERS: Final = 100
BUYERS: Final = 50
WINDOWS: Final = 2
HISTORY: Final = 3
LAST: Final = 30
AMOUNTS: Final = 0.9
WON: Final = 2 / 3
SLOPES: Final = (0.7, 1.4)
TOTAL: Final = 0.25
TOTAL_EVER: Final = 0.5
RECENT: Final = 3
SEASON: Final = 395
"""Days of history (13 months) below which no season was seen twice."""
YEAR_AGO: Final = 456
"""Days of history (15 months) from which the window a year ago must have been looked at."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a forecast is published.

    Attributes:
        status: of the chance to buy, and of everything when it is refused.
        purchases: of expected purchases.
        spend: of expected spend.
        reasons: why it is not simply published, in words.
        marks: `extrapolated`, `shorter_backtest`, `no_seasonal_check`, and
            `purchases_<status>`, `spend_<status>` where theirs is another.
        table: one row per window, and one for all.
    """

    status: Status
    purchases: Status
    spend: Status
    reasons: tuple[str, ...]
    marks: tuple[str, ...]
    table: tuple[dict[str, Any], ...]

    @property
    def is_refused(self) -> bool:
        """Whether naive numbers stand in for the forecast."""
        return self.status not in {"published", "ranking_only"}

    @property
    def line(self) -> str:
        """The status in one line: its name, then a colon and why or how, if there is anything."""
        why = "; ".join((*self.reasons, *self.marks))
        return f"{self.status}: {why}" if why else self.status


def judge(
    found: Backtest,
    horizon_days: int,
    *,
    is_extrapolated: bool = False,
    is_too_far: bool = False,
) -> Verdict:
    """Return whether a forecast with this back-test may be published for this horizon.

    `is_too_far`: the horizon is so long that the history says nothing of it; always refused.
    """
    table = tuple(_row(window, found) for window in found.windows)
    marks = _marks(found, horizon_days, is_extrapolated=is_extrapolated)
    far = ("the horizon is more than three times the history",) if is_too_far else ()
    for refused, check in _REFUSALS:
        reasons = (*far, *check(found))
        if reasons:
            return Verdict(refused, refused, refused, reasons, marks, table)
    level = _level(found)
    status: Status = "ranking_only" if level else "published"
    purchases, spend = _purchases(found, status), _spend(found, status)
    own = [
        f"{name}_{verdict}"
        for name, verdict in (("purchases", purchases), ("spend", spend))
        if verdict != status
    ]
    return Verdict(status, purchases, spend, level, (*marks, *own), table)


def _too_little(found: Backtest) -> tuple[str, ...]:
    buyers = sum(w.buyers for w in found.windows)
    last = found.windows[0] if found.windows else None
    needs = [
        (found.customers, CUSTOMERS, "customers"),
        (found.repeaters, REPEATERS, "customers who bought twice"),
        (len(found.windows), WINDOWS, "windows of the back-test"),
        (buyers, BUYERS, "buyers in the windows"),
        (found.history, HISTORY * found.length, "days of history"),
        (last.buyers if last else 0, LAST, "buyers in the last window"),
        (last.customers - last.buyers if last else 0, LAST, "non-buyers in the last window"),
    ]
    return tuple(f"{have} {what}, {least} needed" for have, least, what in needs if have < least)


def _peeks(found: Backtest) -> tuple[str, ...]:
    return tuple(f"{name} knows too well who will buy" for name in found.suspects)


def _no_better(found: Backtest) -> tuple[str, ...]:
    won = sum(min(w.brier_base, w.brier_table) > w.brier for w in found.windows)
    rival = {"table": "recency x frequency table", "base": "base rate"}[found.rival]
    reasons = []
    if found.gain_low <= 0:
        reasons.append(
            f"Brier gain over the {rival} {found.gain:.4f}, "
            f"95 % interval {found.gain_low:.4f} to {found.gain_high:.4f}"
        )
    if won < WON * len(found.windows):
        reasons.append(f"better in {won} of {len(found.windows)} windows only")
    return tuple(reasons)


_REFUSALS: Final[tuple[tuple[Status, Callable[[Backtest], tuple[str, ...]]], ...]] = (
    ("insufficient_data", _too_little),
    ("leak_suspected", _peeks),
    ("not_better_than_baseline", _no_better),
)


def _level(found: Backtest) -> tuple[str, ...]:
    """Return why probabilities cannot be taken at their word."""
    reasons = []
    if not SLOPES[0] <= found.slope <= SLOPES[1]:
        reasons.append(f"calibration slope {found.slope:.2f}, {SLOPES[0]} to {SLOPES[1]} allowed")
    return (*reasons, *_totals(found, "total_buyers", "buyers"))


def _totals(found: Backtest, name: str, what: str) -> tuple[str, ...]:
    recent = [w for w in found.windows if not w.is_year_ago][:RECENT]
    allowed = [(w, TOTAL if w in recent else TOTAL_EVER) for w in found.windows]
    return tuple(
        f"{what} off by {getattr(w, name):+.0%} "
        f"{'a year ago' if w.is_year_ago else 'in a past window'}, {most:.0%} allowed"
        for w, most in allowed
        if not _within(getattr(w, name), most)
    )


def _within(error: float | None, most: float) -> bool:
    return error is not None and isfinite(error) and abs(error) <= most


def _purchases(found: Backtest, status: Status) -> Status:
    model, rate = (
        sum(getattr(w, name) * w.customers for w in found.windows)
        for name in ("deviance", "deviance_rate")
    )
    if model >= rate:
        return "not_better_than_baseline"
    return "ranking_only" if _totals(found, "total_purchases", "purchases") else status


def _spend(found: Backtest, status: Status) -> Status:
    if found.amounts < AMOUNTS:
        return "insufficient_data"
    pairs = [
        (w.capture, w.capture_spent)
        for w in found.windows
        if w.capture is not None and w.capture_spent is not None
    ]
    if not pairs or sum(own - past for own, past in pairs) <= 0:
        return "not_better_than_baseline"
    return "ranking_only" if _totals(found, "total_spend", "spend") else status


def _marks(found: Backtest, horizon_days: int, *, is_extrapolated: bool) -> tuple[str, ...]:
    marks = []
    if is_extrapolated:
        marks.append("extrapolated")
    elif found.length < horizon_days:
        marks.append("shorter_backtest")
    seen = any(w.is_year_ago for w in found.windows)
    if found.history < SEASON or (found.history >= YEAR_AGO and not seen):
        marks.append("no_seasonal_check")
    return tuple(marks)


def _row(window: Trialled, found: Backtest) -> dict[str, Any]:
    return {
        "origin": window.origin,
        "days": found.length,
        "year_ago": window.is_year_ago,
        "customers": window.customers,
        "buyers": window.buyers,
        "brier": window.brier,
        "brier_base": window.brier_base,
        "brier_table": window.brier_table,
        "slope": window.slope,
        "total_buyers": window.total_buyers,
        "total_purchases": window.total_purchases,
        "total_spend": window.total_spend,
    }
