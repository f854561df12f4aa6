"""Keys under which the homes and family names of one household are equal.

Invariant: keys are a pure function of the text. What is no letter or digit, capitals, marks, the
alphabet and the custom of writing one in another, and the usual short forms of streets make no
difference; a number, a letter behind it and a flat do.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import polars as pl
from anyascii import anyascii

if TYPE_CHECKING:
    from collections.abc import Callable

_WORD = re.compile(r"\d+(?:\s?[a-z](?![a-z0-9.]))?|[a-z]+")
# written out or shortened, a kind of street is one word; of some only the name is written
_SHORT = {
    "street": "st",
    "road": "rd",
    "avenue": "ave",
    "av": "ave",
    "lane": "ln",
    "drive": "dr",
    "square": "sq",
    "boulevard": "bd",
    "blvd": "bd",
    "bulvar": "bd",
    "bulevard": "bd",
    "bul": "bd",
    "rue": "r",
    "platz": "pl",
    "place": "pl",
    "plac": "pl",
    "laan": "ln",
    "ulica": "",
    "ulitsa": "",
    "ul": "",
    "aleja": "al",
    "corso": "cso",
    "viale": "vle",
    "piazza": "pza",
    "pzza": "pza",
    "agiou": "ag",
    "leoforos": "leof",
}
_GLUED_KINDS = ("strasse", "straat", "str", "platz", "pl", "laan", "ln")
_GLUED = re.compile(rf"(?<=\w{{3}})({'|'.join(_GLUED_KINDS)})$")
_KIND = {"strasse": "str", "straat": "str", "platz": "pl", "laan": "ln"}
# `C.so`, `V.le` and `P.zza` are one word each
_DOTTED = re.compile(r"\b([cvp])\.(?=(?:so|le|zza|za)\b)")
# a word or sign that says that what follows is the flat, not the house
_UNIT = re.compile(
    r"(?:,|\b(?:flat|apt|apartment|unit|suite|whg|wohnung|app|appt|int|m|ap|lok|bus|top)\b\.?|#|/|-)"
    r"\s*([0-9]+[a-z]?|[a-z])\b"
)
_NUMBER = re.compile(r"\b(\d+)\s?([a-z](?![a-z0-9.]))?")
_VARIANTS = (
    (re.compile(r"([aou])e"), r"\1"),
    (re.compile(r"tz|ts|cz|tsch|tch"), "c"),
    (re.compile(r"kh|ch|sh|zh|gh|th"), "h"),
    (re.compile(r"ph|ff"), "f"),
    (re.compile(r"w"), "v"),
    (re.compile(r"[jy]"), "i"),
    (re.compile(r"ou"), "u"),
    (re.compile(r"ck|q"), "k"),
    (re.compile(r"(.)\1"), r"\1"),
)
# husband and wife of one Slavic or Greek family name
_FEMININE = (
    (re.compile(r"([sc]k|dzk)a$"), r"\1i"),
    (re.compile(r"(ov|ev|in)a$"), r"\1"),
    (re.compile(r"poulos$"), "poulou"),
    (re.compile(r"is$"), "i"),
)
_NO_LETTER = re.compile(r"[^a-z0-9]")
_SHORTEST_PART = 4
_SCHEMA = pl.Schema(
    {
        "text": pl.String(),
        "key": pl.String(),
        "number": pl.String(),
        "unit": pl.String(),
        "parts": pl.String(),
    }
)
Parsed = tuple[str, str, str, str]


def keys(texts: pl.DataFrame) -> pl.DataFrame:
    """Return each distinct `kind, text` with its `key`.

    `kind` is family, whose `parts` are the keys of the halves of a double name; place; street,
    whose `number` and `unit` may stand before or behind its name; or number, a house number that
    stands alone, with its `unit`.
    """
    parts = [
        _of_kind(texts, "family", _family),
        _of_kind(texts, "place", lambda text: (place_key(text), "", "", "")),
        _of_kind(texts, "street", lambda text: (*street(text), "")),
        _of_kind(texts, "number", lambda text: ("", *number(text), "")),
    ]
    return pl.concat(parts)


def _of_kind(texts: pl.DataFrame, kind: str, parse: Callable[[str], Parsed]) -> pl.DataFrame:
    distinct = texts.filter(pl.col("kind") == kind)["text"].drop_nulls().unique().sort()
    found = [parse(text) for text in distinct]
    columns = zip(*found, strict=True) if found else [()] * 4
    frame = pl.DataFrame(dict(zip(_SCHEMA, (distinct, *columns), strict=True)), schema=_SCHEMA)
    listed = pl.when(pl.col("parts") == "").then(pl.lit([], pl.List(pl.String)))
    return frame.select(
        pl.lit(kind).alias("kind"),
        pl.exclude("parts"),
        listed.otherwise(pl.col("parts").str.split(" ")).alias("parts"),
    )


def _family(name: str) -> Parsed:
    return family_key(name), "", "", " ".join(family_parts(name))


@lru_cache(maxsize=1024)
def family_key(name: str) -> str:
    """Return a family name in plain letters, the custom of writing it and its gender aside."""
    plain = place_key(name)
    for ending, masculine in _FEMININE:
        plain = ending.sub(masculine, plain)
    for variant, letter in _VARIANTS:
        plain = variant.sub(letter, plain)
    return plain


def family_parts(name: str) -> list[str]:
    """Return the keys of the words of a family name, sorted; short ones such as `de` left out."""
    found = {family_key(word) for word in re.split(r"[\s-]+", name)}
    return sorted(part for part in found if len(part) >= _SHORTEST_PART)


def street(text: str) -> tuple[str, str, str]:
    """Return the name of a street as a key, and the number and the flat written beside it."""
    rest, unit = _without_unit(_DOTTED.sub(r"\1", _plain(text)))
    name = "".join([_named(word) for word in _WORD.findall(rest) if word.isalpha()])
    return name, _house(rest), unit


def _named(word: str) -> str:
    short = _SHORT.get(word, word)
    if not short.endswith(_GLUED_KINDS):
        return short
    return _GLUED.sub(lambda kind: _KIND.get(kind[1], kind[1]), short)


def number(text: str) -> tuple[str, str]:
    """Return the number of a house with its letter, and the flat, each empty where not given."""
    rest, unit = _without_unit(_plain(text))
    return _house(rest), unit


def _without_unit(plain: str) -> tuple[str, str]:
    flat = _UNIT.search(plain)
    return (f"{plain[: flat.start()]} {plain[flat.end() :]}", flat[1]) if flat else (plain, "")


def _house(rest: str) -> str:
    house = _NUMBER.search(rest)
    return f"{int(house[1])}{house[2] or ''}" if house else ""


def place_key(place: str) -> str:
    """Return a postcode or a name in plain lower-case letters and digits."""
    return _NO_LETTER.sub("", _plain(place))


def _plain(text: str) -> str:
    return text.lower() if text.isascii() else anyascii(text).lower()
