"""Keys under which the homes and family names of one household are equal.

Invariant: keys are a pure function of the text, so a household keeps its id as long as its
address and name do.
"""

from __future__ import annotations

import re

import polars as pl
from anyascii import anyascii

_WORD = re.compile(r"\d+(?:\s?[a-z](?![a-z0-9]))?|[a-z]+")
# written out or shortened, a kind of street is one word
_SHORT = {
    "street": "st",
    "road": "rd",
    "avenue": "ave",
    "lane": "ln",
    "drive": "dr",
    "square": "sq",
    "boulevard": "blvd",
    "ulica": "ul",
    "aleja": "al",
    "bulvar": "bul",
}
_STRASSE = re.compile(r"(strasse|str)$")
_UMLAUT = re.compile(r"([aou])e")
# husband and wife of one Slavic or Greek family name
_FEMININE = (
    (re.compile(r"([sc]k|dzk)a$"), r"\1i"),
    (re.compile(r"(ov|ev|in)a$"), r"\1"),
    (re.compile(r"poulos$"), "poulou"),
    (re.compile(r"is$"), "i"),
)


def keys(homes: pl.DataFrame) -> pl.DataFrame:
    """Return each distinct `family_name, street, place` with `family_key, street_key, place_key`.

    `street` holds the house number, before or after the name; `place` is postcode or city.
    """
    distinct = homes.select("family_name", "street", "place").unique(maintain_order=False)
    return distinct.sort("family_name", "street", "place").with_columns(
        pl.col("family_name").map_elements(family_key, pl.String).alias("family_key"),
        pl.col("street").map_elements(street_key, pl.String).alias("street_key"),
        pl.col("place").map_elements(place_key, pl.String).alias("place_key"),
    )


def family_key(name: str) -> str:
    """Return a family name in plain letters, umlauts and gender of its ending aside."""
    plain = _UMLAUT.sub(r"\1", place_key(name))
    for ending, masculine in _FEMININE:
        plain = ending.sub(masculine, plain)
    return plain


def street_key(street: str) -> str:
    """Return the words of a street, shortened, then its numbers, wherever they stood."""
    words = _WORD.findall(anyascii(street).lower())
    names = [_STRASSE.sub("str", _SHORT.get(word, word)) for word in words if word.isalpha()]
    numbers = ["".join(word.split()) for word in words if not word.isalpha()]
    return " ".join(["".join(names), *numbers])


def place_key(place: str) -> str:
    """Return a postcode or a name in plain lower-case letters and digits."""
    return re.sub(r"[^a-z0-9]", "", anyascii(place).lower())
