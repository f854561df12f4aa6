"""Decimals, integers, truth values."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Final

from cdp.canonical.clean.outcome import Outcome, bad

_TRUE: Final = {"true", "x", "y", "yes", "1", "t"}
_FALSE: Final = {"false", "", "n", "no", "0", "f", "-"}
_ENGLISH: Final = re.compile(r"^\d{1,3}(,\d{3})+(\.\d+)?$")
_CONTINENTAL: Final = re.compile(r"^(\d{1,3}(\.\d{3})+|\d+),\d+$")
_GROUPED: Final = re.compile(r"^\d{1,3}(\.\d{3}){2,}$")
_LARGEST: Final = Decimal("1e15")


def clean_decimal(text: str, hint: str = "") -> Outcome:
    """Return a plain decimal; `1,234.50`, `1.234,50` and `12,5` are understood, `1,234` is 1234."""
    del hint
    bare = re.sub(r"[\s\u00a0\u202f']", "", text)
    sign = "-" if bare.startswith("-") or bare.endswith("-") else ""
    digits = bare.strip("+-")
    if _ENGLISH.match(digits):
        digits = digits.replace(",", "")
    elif _CONTINENTAL.match(digits) or _GROUPED.match(digits):
        digits = digits.replace(".", "").replace(",", ".")
    try:
        number = Decimal(sign + digits)
    except InvalidOperation:
        return bad("invalid_number", "no number")
    if not number.is_finite() or abs(number) >= _LARGEST:
        return bad("implausible_number", "too large to be an amount")
    return Outcome(f"{number:f}")


def clean_integer(text: str, hint: str = "") -> Outcome:
    """Return a whole number."""
    found = clean_decimal(text, hint)
    if found.value is None:
        return found
    number = Decimal(found.value)
    if number != number.to_integral_value():
        return bad("invalid_number", "no whole number")
    return Outcome(str(int(number)))


def clean_boolean(text: str, hint: str = "") -> Outcome:
    """Return `true` or `false`; X, Y and 1 are true, as SAP and CSV files have them."""
    del hint
    word = text.strip().lower()
    if word in _TRUE:
        return Outcome("true")
    if word in _FALSE:
        return Outcome("false")
    return bad("invalid_boolean", "neither true nor false")
