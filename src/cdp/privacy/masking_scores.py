"""Money in scores, as a caller sees it who may not see money.

Invariant: a score is shown as a number only where it says that it is in no currency.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from cdp.privacy.seen import HIDDEN, of_class

Row = Mapping[str, Any]

_AMOUNT = re.compile(r"[-+]?\d[\d.,]*(?= [A-Z]{3}\b)")
_BOUNDS = {"low", "high"}
"""What else of a score is in the unit of its value."""


@of_class("financial")
def amount(_: Any) -> None:  # noqa: ANN401 - JSON
    """Return nothing of an amount of money."""


@of_class("financial")
def amounts(text: str) -> str:
    """Return a sentence without its amounts, which stand before a currency: `spent *** EUR`."""
    return _AMOUNT.sub(HIDDEN, text)


def _is_of_money(score: Row) -> bool:
    """Whether the value of a score may be money: it names a currency, or does not say."""
    return score.get("currency", HIDDEN) is not None


def value_of_score(value: Any, row: Row) -> Any:  # noqa: ANN401 - JSON
    """Return a number of a score where it is no money, or money is seen."""
    return amount(value) if _is_of_money(row) else value


def reasons_of_score(reasons: list[Row], row: Row) -> list[Row]:
    """Return what made a score, without amounts."""
    return [
        {"because": amounts(one["because"]), "points": value_of_score(one["points"], row)}
        for one in reasons
    ]


def detail_of_score(detail: Row, row: Row) -> Row:
    """Return what goes with a score, and the score that stands in for it, which is no money."""
    shown = {
        field: value_of_score(value, row) if field in _BOUNDS else value
        for field, value in detail.items()
    }
    if isinstance(instead := shown.get("instead"), dict):
        reasons = reasons_of_score(instead.get("explanation") or [], {"currency": None})
        shown["instead"] = instead | {"explanation": reasons}
    return shown
