"""The words of polars for texts, lists and structs.

Invariant: a word means here what it means there (polars' reference); null stays null.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from cdp.identity.small.beyond import BeyondSmallError, Bounded
from cdp.identity.small.remembering import remembered
from cdp.identity.small.text import BLANKS, containing, extracting, replacing, replacing_many
from cdp.identity.small.values import ordered

if TYPE_CHECKING:
    from cdp.identity.small.expression import Expr

ELEMENT: Final = ""
"""The column that `pl.element()` reads."""


class TextWords(Bounded):
    """What can be done to texts."""

    __slots__ = ("_of",)

    def __init__(self, of: Expr) -> None:
        self._of = of

    def to_lowercase(self) -> Expr:
        return self._of.word(("lower",), str.lower)

    def strip_chars(self, characters: str = BLANKS) -> Expr:
        return self._of.word(("strip", characters), lambda text: text.strip(characters))

    def strip_chars_start(self, characters: str = BLANKS) -> Expr:
        return self._of.word(("lstrip", characters), lambda text: text.lstrip(characters))

    def strip_prefix(self, prefix: str) -> Expr:
        return self._of.each(lambda text: text.removeprefix(prefix))

    def strip_suffix(self, suffix: str) -> Expr:
        return self._of.each(lambda text: text.removesuffix(suffix))

    def contains(self, rust: Any, *, literal: bool = False) -> Expr:
        if not isinstance(rust, str) and literal:
            return self._of.paired(rust, lambda text, part: part in text, "in")
        return self._of.made(("contains", rust, literal), lambda: containing(rust, literal=literal))

    def replace(self, rust: str, value: str, *, literal: bool = False) -> Expr:
        return self._of.made(
            ("replace", rust, value, literal),
            lambda: replacing(rust, value, literal=literal, count=1),
        )

    def replace_all(self, rust: str, value: str, *, literal: bool = False) -> Expr:
        return self._of.made(
            ("replace_all", rust, value, literal),
            lambda: replacing(rust, value, literal=literal, count=0),
        )

    def replace_many(self, mapping: dict[str, str]) -> Expr:
        return self._of.each(replacing_many(tuple(mapping.items())))

    def extract(self, rust: str, group_index: int = 1) -> Expr:
        return self._of.made(("extract", rust, group_index), lambda: extracting(rust, group_index))

    def split(self, by: str) -> Expr:
        return self._of.word(("split", by), lambda text: text.split(by), listed=True)

    def splitn(self, by: str, n: int) -> Expr:
        def parts(text: str | None) -> dict[str, str | None]:
            found = text.split(by, n - 1) if text is not None else []
            return {f"field_{i}": found[i] if i < len(found) else None for i in range(n)}

        return remembered(
            (id(self._of), "splitn", by, n),
            (self._of,),
            lambda: self._of.every(parts),
        )

    def slice(self, offset: int, length: Any = None) -> Expr:
        if length is not None and not isinstance(length, int):
            return self._of.paired(
                length, lambda text, size: text[offset : offset + size], f"slice {offset}"
            )
        end = None if length is None else offset + length
        return self._of.word(("slice", offset, end), lambda text: text[offset:end])

    def tail(self, count: int) -> Expr:
        return self._of.word(("tail", count), lambda text: text[-count:])

    def len_chars(self) -> Expr:
        return self._of.word(("len",), len)

    def ends_with(self, suffix: str) -> Expr:
        return self._of.word(("ends", suffix), lambda text: text.endswith(suffix))

    def starts_with(self, prefix: str) -> Expr:
        return self._of.word(("starts", prefix), lambda text: text.startswith(prefix))

    def zfill(self, length: int) -> Expr:
        return self._of.word(("zfill", length), lambda text: text.zfill(length))

    def join(self, separator: str = "") -> Expr:
        return self._of.whole(
            lambda values: [separator.join(v for v in values if v is not None)], one=True
        )


class ListWords(Bounded):
    """What can be done to lists."""

    __slots__ = ("_of",)

    def __init__(self, of: Expr) -> None:
        self._of = of

    def get(self, place: int, *, null_on_oob: bool = False) -> Expr:
        if not null_on_oob:
            raise BeyondSmallError
        return self._of.word(
            ("get", place), lambda items: items[place] if place < len(items) else None
        )

    def first(self) -> Expr:
        return self._of.word(("first",), lambda items: items[0] if items else None)

    def len(self) -> Expr:
        return self._of.word(("len",), len)

    def join(self, separator: str) -> Expr:
        return self._of.word(
            ("join", separator), lambda items: None if None in items else separator.join(items)
        )

    def sort(self) -> Expr:
        return self._of.word(("sort",), ordered, listed=True)

    def unique(self) -> Expr:
        return self._of.word(("unique",), lambda items: list(dict.fromkeys(items)), listed=True)

    def drop_nulls(self) -> Expr:
        return self._of.word(
            ("known",), lambda items: [i for i in items if i is not None], listed=True
        )

    def eval(self, change: Expr) -> Expr:
        from cdp.identity.small.table import DataFrame  # noqa: PLC0415 - they know each other

        def changed(items: list[Any]) -> list[Any]:
            return change.on(DataFrame.of({ELEMENT: items}, set(), len(items)))

        return remembered(
            (id(self._of), "eval", id(change)),
            (self._of, change),
            lambda: self._of.each(changed, listed=True),
        )


class StructWords(Bounded):
    """What can be done to structs."""

    __slots__ = ("_of",)

    def __init__(self, of: Expr) -> None:
        self._of = of

    def field(self, name: str) -> Expr:
        return self._of.word(("field", name), lambda struct: struct[name]).alias(name)

    def json_encode(self) -> Expr:
        return self._of.each(json_text)


def json_text(value: Any) -> str:
    """Return a value as JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
