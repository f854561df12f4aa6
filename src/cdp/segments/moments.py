"""Moments as a definition writes them: dates, times, and words that count from the run's moment.

A date stands for its whole day. `30 days ago`, `start of last month` and the like are counted from
the moment that the run looks from, so that a definition never has to be written anew.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

from sqlglot import exp

if TYPE_CHECKING:
    from cdp.segments.scope import Scope

FORMS: Final = (
    "a date (2026-07-01), a time (2026-07-01T12:00), now, today, yesterday, tomorrow, "
    "`30 days ago`, `in 2 weeks` (hours, days, weeks, months, years), or `start of [last|next] "
    "week` (day, week, month, quarter, year)"
)
_AGO: Final = re.compile(r"^(\d{1,5}) (hour|day|week|month|year)s? ago$")
_IN: Final = re.compile(r"^in (\d{1,5}) (hour|day|week|month|year)s?$")
_START: Final = re.compile(r"^start of (?:(this|last|next) )?(day|week|month|quarter|year)$")
_DAYS: Final = {"today": 0, "yesterday": -1, "tomorrow": 1}
_STEPS: Final = {
    "hour": ("to_hours", 1),
    "day": ("to_days", 1),
    "week": ("to_days", 7),
    "month": ("to_months", 1),
    "quarter": ("to_months", 3),
    "year": ("to_months", 12),
}
_TURNS: Final = {None: 0, "this": 0, "last": -1, "next": 1}


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment in SQL; `is_day` says that the whole day which begins there is meant."""

    sql: exp.Expr
    is_day: bool


def as_of() -> exp.Expr:
    """Return the moment that the run looks from."""
    return exp.cast(exp.Placeholder(this="as_of"), "timestamp")


def moment_of(value: object, scope: Scope) -> Moment:
    """Return the moment that this stands for.

    Raises:
        ValueError: it stands for none; the message says what would.
    """
    if isinstance(value, str):
        return _worded(" ".join(value.lower().split()), scope) or _written(value, scope)
    return _exact(value, scope)


def shifted(start: exp.Expr, count: exp.Expr, unit: str) -> exp.Expr:
    """Return the moment so many hours, days, weeks, months or years later."""
    function, times = _STEPS[unit]
    number = count if times == 1 else exp.Mul(this=count, expression=exp.Literal.number(times))
    return exp.Add(this=start, expression=exp.func(function, exp.cast(number, "integer")))


def days_before(days: exp.Expr) -> exp.Expr:
    """Return the moment this many days before the one that the run looks from."""
    return exp.Sub(this=as_of(), expression=exp.func("to_days", exp.cast(days, "integer")))


def at_least(this: exp.Expr, moment: Moment) -> exp.Expr:
    """Return whether a time is at this moment or later."""
    return exp.GTE(this=this, expression=moment.sql)


def at_most(this: exp.Expr, moment: Moment) -> exp.Expr:
    """Return whether a time is at this moment or earlier; of a day, before its end."""
    return exp.LT(this=this, expression=_end(moment)) if moment.is_day else _until(this, moment)


def more_than(this: exp.Expr, moment: Moment) -> exp.Expr:
    """Return whether a time is after this moment; of a day, after its end."""
    if moment.is_day:
        return exp.GTE(this=this, expression=_end(moment))
    return exp.GT(this=this, expression=moment.sql)


def less_than(this: exp.Expr, moment: Moment) -> exp.Expr:
    """Return whether a time is before this moment."""
    return exp.LT(this=this, expression=moment.sql)


def _until(this: exp.Expr, moment: Moment) -> exp.Expr:
    return exp.LTE(this=this, expression=moment.sql)


def _end(moment: Moment) -> exp.Expr:
    return shifted(moment.sql, exp.Literal.number(1), "day")


def _exact(value: object, scope: Scope) -> Moment:
    if isinstance(value, datetime):
        plain = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        return Moment(exp.cast(scope.bind(plain), "timestamp"), is_day=False)
    if isinstance(value, date):
        return Moment(exp.cast(scope.bind(value), "timestamp"), is_day=True)
    msg = f"{value!r} is no moment; write {FORMS}"
    raise ValueError(msg)


def _written(text: str, scope: Scope) -> Moment:
    try:
        day = re.fullmatch(r"\d{4}-\d{2}-\d{2}", text.strip())
        return _exact((date if day else datetime).fromisoformat(text.strip()), scope)
    except ValueError:
        msg = f"{text!r} is no moment; write {FORMS}"
        raise ValueError(msg) from None


def _worded(text: str, scope: Scope) -> Moment | None:
    if text == "now":
        return Moment(as_of(), is_day=False)
    if text in _DAYS:
        start = _floor("day")
        return Moment(shifted(start, scope.bind(_DAYS[text]), "day"), is_day=True)
    for form, sign in ((_AGO, -1), (_IN, 1)):
        if found := form.match(text):
            count = scope.bind(sign * int(found[1]))
            return Moment(shifted(as_of(), count, found[2]), is_day=False)
    if found := _START.match(text):
        turn = scope.bind(_TURNS[found[1]])
        return Moment(shifted(_floor(found[2]), turn, found[2]), is_day=False)
    return None


def _floor(unit: str) -> exp.Expr:
    return exp.Anonymous(this="date_trunc", expressions=[exp.Literal.string(unit), as_of()])
