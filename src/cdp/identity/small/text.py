"""Patterns and blanks as polars understands them, on single Python texts.

Invariant: polars' patterns are those of Rust's regex crate; what Python's `re` reads differently is
rewritten here, so that both find the same places. Classes of scripts are asked of polars itself.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

import polars as pl

from cdp.identity.small.beyond import BeyondSmallError

if TYPE_CHECKING:
    from collections.abc import Callable

BLANK: Final = "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
BLANKS: Final = (
    "\t\n\x0b\x0c\r \x85\xa0\u1680"
    + "".join(map(chr, range(0x2000, 0x200B)))
    + ("\u2028\u2029\u202f\u205f\u3000")
)
"""What Unicode calls white space; Python's own idea has four control characters more."""
SURROGATES: Final = range(0xD800, 0xE000)
_TOKEN: Final = re.compile(r"\\p\{(\w+)\}|\\(.)|(\[\^?\]?)|(\])|(\$)", re.DOTALL)
_GROUP: Final = re.compile(r"\$(?:\{(\w+)\}|(\w+))|(\\)")


@cache
def pattern(rust: str) -> re.Pattern[str]:
    """Return a pattern of Rust's regex crate compiled for Python."""
    inside = False

    def rewritten(found: re.Match[str]) -> str:
        nonlocal inside
        script, escaped, opens, closes, end = found.groups()
        if script:
            return _characters(script) if inside else f"[{_characters(script)}]"
        if escaped:
            return _escape(escaped, inside=inside)
        if opens and not inside:
            inside = True
        elif closes:
            inside = False
        return r"\Z" if end and not inside else found.group()

    return re.compile(_TOKEN.sub(rewritten, rust))


def _escape(letter: str, *, inside: bool) -> str:
    if letter == "s":
        return BLANK if inside else f"[{BLANK}]"
    if letter == "S" and not inside:
        return f"[^{BLANK}]"
    return f"\\{letter}"


@cache
def _characters(script: str) -> str:
    """Return the characters of a script as ranges within a class."""
    codes = [code for code in range(0x110000) if code not in SURROGATES]
    letters = pl.Series("letter", [chr(code) for code in codes])
    found = letters.str.contains(rf"^\p{{{script}}}$")
    ranges: list[list[int]] = []
    for code in (code for code, is_in in zip(codes, found, strict=True) if is_in):
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)


@cache
def template(rust: str) -> str:
    """Return a replacement with Rust's `$1` and `${1}` as Python writes them."""

    def rewritten(found: re.Match[str]) -> str:
        braced, bare, backslash = found.groups()
        return r"\\" if backslash else rf"\g<{braced or bare}>"

    return _GROUP.sub(rewritten, rust)


@cache
def replacing(rust: str, value: str, *, literal: bool, count: int) -> Callable[[str], str]:
    """Return a function that replaces the first `count` places (0: all) in a text."""
    if literal:
        return lambda text: text.replace(rust, value, count or -1)
    found, written = pattern(rust), template(value)
    return lambda text: found.sub(written, text, count)


@cache
def replacing_many(pairs: tuple[tuple[str, str], ...]) -> Callable[[str], str]:
    """Return a function that replaces every one of several texts, none of which holds another."""
    written = dict(pairs)
    if any(one in other for one in written for other in written if one != other):
        raise BeyondSmallError
    found = re.compile("|".join(map(re.escape, written)))
    return lambda text: found.sub(lambda place: written[place.group()], text)


@cache
def extracting(rust: str, group: int) -> Callable[[str], str | None]:
    """Return a function that gives a group of the first place, None where there is none."""
    search = pattern(rust).search

    def extract(text: str) -> str | None:
        found = search(text)
        return found.group(group) if found else None

    return extract
