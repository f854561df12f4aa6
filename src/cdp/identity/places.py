"""Addresses: streets with their abbreviations, the house number, city and postcode."""

from typing import Final

import polars as pl

from cdp.identity.words import alphanumeric, by_value

ABBREVIATIONS: Final = {
    "street": "st",
    "avenue": "ave",
    "av": "ave",
    "road": "rd",
    "drive": "dr",
    "boulevard": "blvd",
    "lane": "ln",
    "place": "pl",
    "court": "ct",
    "circuit": "cct",
    "crescent": "cres",
    "terrace": "tce",
    "highway": "hwy",
    "parkway": "pkwy",
    "square": "sq",
    "north": "n",
    "south": "s",
    "east": "e",
    "west": "w",
    "apartment": "apt",
    "suite": "ste",
    "floor": "fl",
    "first": "1st",
    "second": "2nd",
    "third": "3rd",
    "fourth": "4th",
    "fifth": "5th",
    "sixth": "6th",
    "seventh": "7th",
    "eighth": "8th",
    "ninth": "9th",
    "tenth": "10th",
    "building": "bldg",
    "number": "no",
    "saint": "st",
    "avenida": "ave",
    "avda": "ave",
    "platz": "pl",
    "plaza": "pl",
    "piazza": "pl",
    "calle": "c",
    "straat": "str",
    "ulitsa": "ul",
    "ulica": "ul",
    "prospekt": "pr",
    "hausnummer": "no",
    "nr": "no",
}
PLACE_COLUMNS: Final = ("street", "city", "postcode")


def place_columns(frame: pl.DataFrame) -> pl.DataFrame:
    """Return street, street number, city and postcode of a frame whose text is Latin."""
    plain = frame.select(
        street=by_value(frame["street"], _street),
        city=by_value(frame["city"], alphanumeric),
        postcode=by_value(
            frame["postcode"], lambda text: alphanumeric(text).str.replace_all(" ", "")
        ),
    )
    return plain.with_columns(street_number=pl.col("street").str.extract(r"(\d+)"))


def _street(text: pl.Expr) -> pl.Expr:
    """Return the street with its words abbreviated and its number in front."""
    words = alphanumeric(_german_street(text)).str.split(" ")
    short = words.list.eval(pl.element().replace(ABBREVIATIONS)).list.join(" ")
    return short.str.replace(r"^(\D+) (\d+[a-z]?)$", "$2 $1")


def _german_street(text: pl.Expr) -> pl.Expr:
    """Return the text with `...strasse`, `... Strasse` and `...str.` written alike."""
    return text.str.replace_all(r"([a-z])(?:[\s-]*strasse|str)\b", "${1}str")
