"""What numbers organisations of one name: digits, ordinals, roman numerals, single letters.

`Store 12` and `Store 14` are two, `Store #12` and `Store No. 012` are one. Numbers are written in
one way first, so that `Hotel 5th Avenue` and `Hotel Fifth Avenue` are one name; then those that
number something are taken out of the name.
"""

from __future__ import annotations

from typing import Final

import polars as pl

_ONES: Final = (*("", "i", "ii", "iii", "iv"), *("v", "vi", "vii", "viii", "ix"))
ROMAN: Final = {
    "x" * tens + ones: str(10 * tens + number)
    for tens in range(4)
    for number, ones in enumerate(_ONES)
    if len("x" * tens + ones) > 1
}
"""Roman numerals from II to XXXIX; one letter alone may be anything."""
_ORDINALS: Final = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
]
WRITTEN: Final = ROMAN | {word: str(number) for number, word in enumerate(_ORDINALS, 1)}
"""Words that are written as numbers within a name."""
_WORDS: Final = {
    1: "one eins erste erster erstes eerste primero primera",
    2: "two zwei zweite zweiter zweites tweede deux deuxieme dos segundo segunda due secondo",
    3: "three drei dritte dritter drittes derde trois troisieme tres tercero tercera tre terzo",
    4: "four vier vierte vierter viertes quatre quatrieme cuatro cuarto cuarta quattro quarto",
    5: "five funf funfte funfter funftes cinq cinquieme cinco quinto quinta cinque",
    6: "six sechs sechste sechster sechstes",
    7: "seven sieben siebte siebter siebtes siete sette",
    8: "eight acht achte achter achtes ocho otto",
    9: "nine neun neunte neunter neuntes nueve nove",
    10: "ten zehn zehnte zehnter zehntes diez dieci",
    11: "eleven elf elfte",
    12: "twelve zwolf zwolfte doce dodici",
}
SPOKEN: Final = {word: str(number) for number, words in _WORDS.items() for word in words.split()}
"""Words that number things and stay as they are in a name: `Erste Bank` is not `First Bank`."""
_MARKS: Final = r"\b(?:no|nr|num|number|nummer|numero) (\d)"
_ORDINAL: Final = r"\b(\d+)(?:st|nd|rd|th|er|ere|re|eme|ieme|ste|te)\b"
_LINKING: Final = r" [deilnosuy]( [a-z]{2})"
"""A letter between words links them: `pizza e pasta`, `hotel d angleterre`."""
_ALONE: Final = {r" i$": " 1", r" v$": " 5", r" x$": " 10"}


def in_digits(name: pl.Expr) -> pl.Expr:
    """Return a plain name with its numbers in digits, each a word of its own."""
    apart = (
        name.str.replace_all(_ORDINAL, "$1")
        .str.replace_all(r"([a-z])(\d)", "$1 $2")
        .str.replace_all(r"(\d)([a-z])", "$1 $2")
        .str.replace_all(_MARKS, "$1")
        .str.replace_all(r"\b0+(\d)", "$1")
    )
    return _reworded(apart, WRITTEN)


def numbers(name: pl.Expr) -> pl.Expr:
    """Return what numbers the organisation of a name `in_digits`, sorted; null for nothing.

    A letter numbers if it does not begin the name and does not link two words.
    """
    spoken = _reworded(name, SPOKEN).str.replace_all(r"^(?:[a-z] )+", "")
    spoken = spoken.str.replace_all(_LINKING, "$1")
    for letter, number in _ALONE.items():
        spoken = spoken.str.replace(letter, number)
    kept = pl.element().filter(pl.element().str.contains(r"^(?:\d+|[a-z])$"))
    found = spoken.str.split(" ").list.eval(kept).list.unique().list.sort()
    return pl.when(found.list.len() > 0).then(found)


def _reworded(name: pl.Expr, words: dict[str, str]) -> pl.Expr:
    return name.str.split(" ").list.eval(pl.element().replace(words)).list.join(" ")
