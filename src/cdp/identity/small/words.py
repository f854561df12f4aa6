"""The words of polars for texts, lists and structs.

Invariant: a word means here what it means there (polars' reference); null stays null.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from cdp.identity.small.beyond import BeyondSmallError, Bounded
from cdp.identity.small.text import BLANKS, extracting, pattern, replacing, replacing_many
from cdp.identity.small.values import ordered

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdp.identity.small.expression import Expr

ELEMENT: Final = ""
"""The column that `pl.element()` reads."""
LENGTH: Final = "None if {0} is None else len({0})"


class TextWords(Bounded):
    """What can be done to texts."""

    __slots__ = ("_of",)

    def __init__(self, of: Expr) -> None:
        self._of = of

    def to_lowercase(self) -> Expr:
        return self._of.formed("None if {0} is None else {0}.lower()")

    def strip_chars(self, characters: str = BLANKS) -> Expr:
        return self._of.formed("None if {0} is None else {0}.strip({f})", characters)

    def strip_chars_start(self, characters: str = BLANKS) -> Expr:
        return self._of.formed("None if {0} is None else {0}.lstrip({f})", characters)

    def strip_prefix(self, prefix: str) -> Expr:
        return self._of.formed("None if {0} is None else {0}.removeprefix({f})", prefix)

    def strip_suffix(self, suffix: str) -> Expr:
        return self._of.formed("None if {0} is None else {0}.removesuffix({f})", suffix)

    def contains(self, rust: Any, *, literal: bool = False) -> Expr:
        if not isinstance(rust, str) and literal:
            return self._of.with_("None if {0} is None or {1} is None else {1} in {0}", rust)
        if literal:
            return self._of.formed("None if {0} is None else {f} in {0}", rust)
        return self._of.formed(
            "None if {0} is None else {f}({0}) is not None", pattern(rust).search
        )

    def replace(self, rust: str, value: str, *, literal: bool = False) -> Expr:
        return self._of.each(replacing(rust, value, literal=literal, count=1))

    def replace_all(self, rust: str, value: str, *, literal: bool = False) -> Expr:
        return self._of.each(replacing(rust, value, literal=literal, count=0))

    def replace_many(self, mapping: dict[str, str]) -> Expr:
        return self._of.each(replacing_many(tuple(mapping.items())))

    def extract(self, rust: str, group_index: int = 1) -> Expr:
        return self._of.each(extracting(rust, group_index))

    def split(self, by: str) -> Expr:
        return self._of.formed("None if {0} is None else {0}.split({f})", by, listed=True)

    def splitn(self, by: str, n: int) -> Expr:
        return self._of.every(splitting(by, n))

    def slice(self, offset: int, length: Any = None) -> Expr:
        if length is not None and not isinstance(length, int):
            return self._of.with_(
                f"None if {{0}} is None or {{1}} is None else {{0}}[{offset} : {offset} + {{1}}]",
                length,
            )
        end = "" if length is None else offset + length
        return self._of.formed(f"None if {{0}} is None else {{0}}[{offset}:{end}]")

    def tail(self, count: int) -> Expr:
        return self._of.formed(f"None if {{0}} is None else {{0}}[-{count}:]")

    def len_chars(self) -> Expr:
        return self._of.formed(LENGTH)

    def ends_with(self, suffix: str) -> Expr:
        return self._of.formed("None if {0} is None else {0}.endswith({f})", suffix)

    def starts_with(self, prefix: str) -> Expr:
        return self._of.formed("None if {0} is None else {0}.startswith({f})", prefix)

    def zfill(self, length: int) -> Expr:
        return self._of.formed(f"None if {{0}} is None else {{0}}.zfill({length})")

    def join(self, separator: str = "") -> Expr:
        return self._of.formed_whole(f"{separator!r}.join(v for v in {{0}} if v is not None)")


class ListWords(Bounded):
    """What can be done to lists."""

    __slots__ = ("_of",)

    def __init__(self, of: Expr) -> None:
        self._of = of

    def get(self, place: int, *, null_on_oob: bool = False) -> Expr:
        if not null_on_oob:
            raise BeyondSmallError
        return self._of.formed(
            f"None if {{0}} is None or len({{0}}) <= {place} else {{0}}[{place}]"
        )

    def first(self) -> Expr:
        return self._of.formed("{0}[0] if {0} else None")

    def len(self) -> Expr:
        return self._of.formed(LENGTH)

    def join(self, separator: str) -> Expr:
        return self._of.formed("None if {0} is None or None in {0} else {f}.join({0})", separator)

    def sort(self) -> Expr:
        return self._of.each(ordered, listed=True)

    def unique(self) -> Expr:
        return self._of.formed("None if {0} is None else list(dict.fromkeys({0}))", listed=True)

    def drop_nulls(self) -> Expr:
        return self._of.formed(
            "None if {0} is None else [v for v in {0} if v is not None]", listed=True
        )

    def eval(self, change: Expr) -> Expr:
        from cdp.identity.small.parts import of_items  # noqa: PLC0415 - they know each other

        return self._of.each(of_items(change), listed=True)


class StructWords(Bounded):
    """What can be done to structs."""

    __slots__ = ("_of",)

    def __init__(self, of: Expr) -> None:
        self._of = of

    def field(self, name: str) -> Expr:
        return self._of.formed("None if {0} is None else {0}[{f}]", name).alias(name)

    def json_encode(self) -> Expr:
        return self._of.each(json_text)


@cache
def splitting(by: str, n: int) -> Callable[[str | None], dict[str, str | None]]:
    """Return a function that gives the first parts of a text as a struct."""

    def parts(text: str | None) -> dict[str, str | None]:
        found = text.split(by, n - 1) if text is not None else []
        return {f"field_{i}": found[i] if i < len(found) else None for i in range(n)}

    return parts


def json_text(value: Any) -> str:
    """Return a value as JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
