"""Comparison levels over records with several values of a facet, made from those of single values.

A level is written once, over the columns `x_l` and `x_r` of the main values. Where a record has
several names, addresses, dates or employers (`facets`), the same text is asked of every pair of
whole values: `x_l` becomes the field `x` of a struct in the left record's list. Records with one
value never reach that branch, so that they cost what they cost without it.
"""

from __future__ import annotations

import re
from typing import Final

from cdp.identity.facets import FACETS

_SIDED: Final = {"l": re.compile(r"\b([a-z]\w*)_l\b"), "r": re.compile(r"\b([a-z]\w*)_r\b")}
_VARIABLE: Final = {"l": "v", "r": "w"}


def any_value(facet: str, sql: str, *, given_that: str = "") -> str:
    """Return SQL that is true when it is true of the main values or of any pair of values.

    Args:
        facet: list column of the values; columns of `sql` that are not of it stay as they are.
        sql: the condition over main values.
        given_that: what a pair of values must fulfil beside; the main values need not.
    """
    return f"({sql}) or {_branches(facet, _joined(sql, given_that))}"


def any_other_value(facet: str, sql: str) -> str:
    """Return SQL that is true when a record has several values and some pair of them fulfils it."""
    return _branches(facet, sql)


def _joined(sql: str, given_that: str) -> str:
    return f"({sql}) and ({given_that})" if given_that else sql


def _branches(facet: str, sql: str) -> str:
    left, right = f"{facet}_l", f"{facet}_r"
    both = _any(facet, "l", _any(facet, "r", _read(facet, "l", _read(facet, "r", sql))))
    return (
        f"case when {left} is not null and {right} is not null then {both} "
        f"when {left} is not null then {_any(facet, 'l', _read(facet, 'l', sql))} "
        f"when {right} is not null then {_any(facet, 'r', _read(facet, 'r', sql))} "
        "else false end"
    )


def _any(facet: str, side: str, condition: str) -> str:
    """Return whether some value of one side fulfils it; in a lambda only `case` is lazy."""
    lazy = f"case when {condition} then true else false end"
    if condition.startswith("list_bool_or"):
        lazy = condition
    return f"list_bool_or(list_transform({facet}_{side}, lambda {_VARIABLE[side]}: {lazy}))"


def _read(facet: str, side: str, sql: str) -> str:
    """Return the condition with the columns of one side read from the value at hand."""
    own = set(FACETS[facet])

    def field(found: re.Match[str]) -> str:
        name = found.group(1)
        return f"{_VARIABLE[side]}.{name}" if name in own else found.group(0)

    return _SIDED[side].sub(field, sql)
