"""Arguments of functions that an expression writes out: patterns, formats, counts; all checked."""

from __future__ import annotations

import re
from typing import Final

import polars as pl
from polars.exceptions import ComputeError
from sqlglot import exp

from cdp.canonical import functions as kinds

_COUNTS: Final = {kinds.WIDTH: 1000, kinds.DIGITS: 6, kinds.GROUP: 9}
_OPTIONS: Final = ("", "g", "i", "gi", "ig")
_UNITS: Final = ("year", "month", "day", "hour", "minute", "second")
_FORMAT: Final = re.compile(r"([^%]|%[YmdHMSyjbBaAIpf%])+")


def written(kind: str, node: exp.Expr, before: list[exp.Expr]) -> exp.Expr:
    """Return an argument that is written out, as SQL; `before` are the arguments before it.

    Raises:
        ValueError: it is no literal, or not one that has a meaning here.
    """
    value = str(node.this) if isinstance(node, exp.Literal) else None
    if kind in _COUNTS:
        most = _COUNTS[kind]
        if value is None or node.is_string or not value.isdigit() or int(value) > most:
            msg = f"{_shown(node)}: write a whole number from 0 to {most}"
            raise ValueError(msg)
        if kind == kinds.GROUP:
            _has_group(before[-1], int(value))
        return exp.Literal.number(value)
    if value is None or not node.is_string:
        msg = f"{_shown(node)}: write the {kind} as a text in single quotes"
        raise ValueError(msg)
    _CHECKS[kind](value, before)
    return exp.Literal.string(value)


def pattern(text: str) -> str:
    """Return a regular expression that every part of the platform reads alike.

    Raises:
        ValueError: it is none, or uses what only some engines know (look-around, references).
    """
    try:
        re.compile(text)
        pl.Series([""]).str.contains(text)
    except (re.error, ComputeError) as error:
        msg = f"{text!r} is no regular expression: {str(error).splitlines()[0]}"
        raise ValueError(msg) from error
    return text


def _shown(node: exp.Expr) -> str:
    return node.sql("duckdb")


def _has_group(expression: exp.Expr, group: int) -> None:
    groups = re.compile(str(expression.this)).groups
    if group > groups:
        msg = f"the regular expression has {groups} groups in brackets, not {group}"
        raise ValueError(msg)


def _is_pattern(value: str, _: list[exp.Expr]) -> None:
    pattern(value)


def _is_replacement(value: str, before: list[exp.Expr]) -> None:
    for reference in re.findall(r"\\(.?)", value):
        if reference == "\\":
            continue
        if not reference.isdigit():
            msg = rf"{value!r}: a \ is followed by the number of a group, or by another \ "
            raise ValueError(msg.strip())
        _has_group(before[-1], int(reference))


def _is_option(value: str, _: list[exp.Expr]) -> None:
    if value not in _OPTIONS:
        msg = f"{value!r}: options are 'g' (every match), 'i' (in any case) or 'gi'"
        raise ValueError(msg)


def _is_format(value: str, _: list[exp.Expr]) -> None:
    if not _FORMAT.fullmatch(value) or len(re.findall("%[^%]", value)) > len(
        set(re.findall("%[^%]", value))
    ):
        msg = (
            f"{value!r} is no format; use each of %Y %m %d %H %M %S %f %y %j %b %B %a %A %I %p "
            "once at most, and any text between them"
        )
        raise ValueError(msg)


def _is_unit(value: str, _: list[exp.Expr]) -> None:
    if value not in _UNITS:
        msg = f"{value!r} is no unit of time; known: {', '.join(_UNITS)}"
        raise ValueError(msg)


_CHECKS: Final = {
    kinds.PATTERN: _is_pattern,
    kinds.REPLACEMENT: _is_replacement,
    kinds.OPTIONS: _is_option,
    kinds.FORMAT: _is_format,
    kinds.UNIT: _is_unit,
}
