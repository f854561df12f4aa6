"""Text reduced to what two spellings of one thing share: Latin letters, lower case, tokens."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import polars as pl
from anyascii import anyascii

if TYPE_CHECKING:
    from collections.abc import Callable

SOUNDS: Final = {
    "[bfpv]+": "1",
    "[cgjkqsxz]+": "2",
    "[dt]+": "3",
    "l+": "4",
    "[mn]+": "5",
    "r+": "6",
    "[aeiouy]+": "0",
}


DIGRAPHS: Final = {
    "\u03bf\u03c5": "ou",
    "\u03bf\u03cd": "ou",
    "\u039f\u03c5": "Ou",
    "\u039f\u03cd": "Ou",
    "\u039f\u03a5": "OU",
}
"""Greek letters that are written otherwise together, which `anyascii` does not know."""


def listed(text: str) -> frozenset[str]:
    """Return the words of a text, as a set."""
    return frozenset(text.split())


def transliterate(column: pl.Series) -> pl.Series:
    """Return the text in Latin letters without accents; only distinct odd values are visited."""
    odd = column.filter(column.str.contains(r"[^\x00-\x7F]")).unique()
    if odd.is_empty():
        return column
    spelt = odd.str.replace_many(DIGRAPHS)
    return column.replace(odd, pl.Series([anyascii(text) for text in spelt], dtype=pl.String))


def latin(frame: pl.DataFrame, columns: tuple[str, ...]) -> pl.DataFrame:
    """Return the frame with these text columns transliterated, lower case and trimmed."""
    folded = [transliterate(frame[name]).alias(name) for name in columns]
    return frame.with_columns(folded).with_columns(
        pl.col(*columns).str.to_lowercase().str.strip_chars()
    )


def by_value(texts: pl.Series, derived: Callable[[pl.Expr], pl.Expr]) -> pl.Series:
    """Return what is derived of every text; each distinct one is visited once."""
    distinct = texts.unique().alias("text").to_frame()
    table = distinct.with_columns(derived=derived(pl.col("text")))
    rows = texts.alias("text").to_frame()
    joined = rows.join(table, on="text", how="left", maintain_order="left", nulls_equal=True)
    return joined["derived"]


def collapse(text: pl.Expr) -> pl.Expr:
    """Return the text with single blanks, trimmed, null where nothing is left."""
    trimmed = text.str.replace_all(r"\s+", " ").str.strip_chars()
    return pl.when(trimmed != "").then(trimmed)


def letters(text: pl.Expr) -> pl.Expr:
    """Return only letters, words parted by one blank; hyphens and dots part words."""
    return collapse(text.str.replace_all(r"[.,\-_/&]", " ").str.replace_all(r"[^a-z\s]", ""))


def alphanumeric(text: pl.Expr) -> pl.Expr:
    """Return letters and digits, anything else being one blank."""
    return collapse(text.str.replace_all(r"[^0-9a-z]+", " "))


def without_words(text: pl.Expr, words: frozenset[str]) -> pl.Expr:
    """Return the text without these whole words or phrases, null where nothing is left."""
    return collapse(text.str.replace_all(_any_of(words), " "))


@cache
def _any_of(words: frozenset[str]) -> str:
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return rf"\b(?:{'|'.join(longest_first)})\b"


def tokens(text: pl.Expr) -> pl.Expr:
    """Return the sorted distinct words of the text as a list."""
    return text.str.split(" ").list.unique().list.sort()


def soundex(text: pl.Expr) -> pl.Expr:
    """Return the American Soundex code (h and w part no sounds), null for no text."""
    first = text.str.slice(0, 1)
    codes = first + text.str.slice(1).str.replace_all("[hw]", "")
    for sound, digit in SOUNDS.items():
        codes = codes.str.replace_all(sound, digit)
    tail = codes.str.slice(1).str.replace_all("[^1-6]", "")
    return (first + tail + "000").str.slice(0, 4)
