"""Person names: titles and suffixes away, full names parted, nicknames beside the name."""

from typing import Final

import polars as pl
from nicknames import NickNamer

from cdp.identity.words import collapse, letters, soundex, without_words

TITLES: Final = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "miss",
        "mx",
        "dr",
        "prof",
        "sir",
        "dame",
        "lord",
        "lady",
        "rev",
        "hon",
        "sr",
        "sra",
        "herr",
        "frau",
        "the",
    ]
)
SUFFIXES: Final = frozenset(["jr", "sr", "ii", "iii", "iv", "phd", "md", "esq"])
NAME_COLUMNS: Final = ("given_name", "middle_name", "family_name", "full_name")


def name_columns(frame: pl.DataFrame) -> pl.DataFrame:
    """Return given, middle, family and what is derived from them, one row per row of the frame.

    `frame` holds `NAME_COLUMNS`, already Latin. A full name is read only where neither given nor
    family name has letters: `Last, First Middle`, else first word, last word, the rest between.
    """
    parted = _parted(frame)
    first_given = pl.col("given_words").str.split(" ").list.get(0, null_on_oob=True)
    second_given = pl.col("given_words").str.split(" ").list.get(1, null_on_oob=True)
    middle_word = pl.col("middle_words").str.split(" ").list.get(0, null_on_oob=True)
    named = parted.select(
        given=first_given,
        middle=pl.coalesce(middle_word, second_given),
        family=pl.col("family_words").str.replace_all(" ", ""),
        family_tokens=pl.col("family_words").str.split(" "),
    )
    return named.with_columns(_nicknames(named["given"])).with_columns(_name_keys())


def has_person_name() -> pl.Expr:
    """Return whether any name column has a letter left after titles and suffixes."""
    return pl.any_horizontal(
        without_words(letters(pl.col(name)), TITLES | SUFFIXES).is_not_null()
        for name in NAME_COLUMNS
        if name != "middle_name"
    )


def _parted(frame: pl.DataFrame) -> pl.DataFrame:
    given = without_words(letters(pl.col("given_name")), TITLES)
    family = without_words(letters(pl.col("family_name")), SUFFIXES)
    comma = pl.col("full_name").str.splitn(",", 2)
    before = without_words(letters(comma.struct.field("field_0")), SUFFIXES)
    after = without_words(letters(comma.struct.field("field_1")), TITLES | SUFFIXES)
    words = without_words(letters(pl.col("full_name")), TITLES | SUFFIXES).str.split(" ")
    is_listed = after.is_not_null() & before.is_not_null()
    is_many = words.list.len() > 1
    full_given = pl.when(is_listed).then(after).otherwise(words.list.get(0, null_on_oob=True))
    full_family = (
        pl.when(is_listed).then(before).when(is_many).then(words.list.get(-1, null_on_oob=True))
    )
    between = collapse(words.list.slice(1, words.list.len() - 2).list.join(" "))
    full_middle = pl.when(~is_listed & is_many).then(between)
    is_nameless = given.is_null() & family.is_null()
    return frame.select(
        given_words=pl.when(is_nameless).then(full_given).otherwise(given),
        family_words=pl.when(is_nameless).then(full_family).otherwise(family),
        middle_words=pl.coalesce(
            letters(pl.col("middle_name")), pl.when(is_nameless).then(full_middle)
        ),
    )


def _nicknames(given: pl.Series) -> pl.Series:
    """Return each given name with the names it may be short for, sorted."""
    known = given.drop_nulls().unique().sort()
    namer = NickNamer()
    variants = [sorted({name, *namer.canonicals_of(name)}) for name in known]
    table = pl.DataFrame(
        {"given": known, "nicknames": variants},
        schema={"given": pl.String(), "nicknames": pl.List(pl.String())},
    )
    return given.to_frame("given").join(table, on="given", how="left", maintain_order="left")[
        "nicknames"
    ]


def _name_keys() -> list[pl.Expr]:
    given, family = pl.col("given"), pl.col("family")
    return [
        given.str.slice(0, 1).alias("given_1"),
        given.str.slice(0, 3).alias("given_3"),
        family.str.slice(0, 3).alias("family_3"),
        soundex(given).alias("given_sound"),
        soundex(family).alias("family_sound"),
        pl.col("middle").str.slice(0, 1).alias("middle_1"),
        pl.when(given < family)
        .then(given + " " + family)
        .otherwise(family + " " + given)
        .alias("name_set"),
    ]
