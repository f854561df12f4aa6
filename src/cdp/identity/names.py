"""Person names of any order and script: titles away, full names parted, nicknames beside the name.

Invariant: a name is read by itself; no other record changes how.
"""

from functools import cache
from typing import Final

import polars as pl
from nicknames import NickNamer

from cdp.identity.nicknames import SHORT_FORMS
from cdp.identity.words import by_value, collapse, letters, listed, soundex, without_words

TITLES: Final = listed(
    "mr mrs ms miss mx dr prof sir dame lord lady rev hon sr sra srta herr frau fraeulein dipl "
    "monsieur madame mme mlle dott dottssa sig signor signora mevrouw dhr gospodin gospozha shri "
    "smt the"
)
SUFFIXES: Final = listed("jr sr ii iii iv phd md esq mba msc bsc cpa dds junior senior")
PARTICLES: Final = listed(
    "van von der den de del della di da dos das do du la le las los el al bin ibn bint ter ten zu "
    "zum zur af av"
)
"""Words before a family name that belong to it, and by themselves say nothing."""
NAME_COLUMNS: Final = ("given_name", "middle_name", "family_name", "full_name")
KEYS: Final = (
    *("given_1", "given_3", "family_3", "given_sound", "family_sound", "middle_1", "name_set"),
)
_PARTICLE: Final = "|".join(sorted(PARTICLES))
_LAST: Final = rf"^\S+.*?\s((?:(?:{_PARTICLE})\s)*\S+)$"
_FAMILY_FIRST: Final = r"^(\S+) (\S+) (\S+(?:ovich|evich|ovna|evna|ichna))$"
_HAN: Final = r"^[\p{Han}\p{Hangul}\p{Hiragana}\p{Katakana}\s・·]+$"


LONGEST_WITH_SHORT_FAMILY: Final = 3
"""Characters of a name whose family name is one of them, as in China and Korea."""


def in_order(names: pl.DataFrame) -> pl.DataFrame:
    """Return raw names with a comma after the family name where the script puts it first.

    A name in Chinese, Japanese or Korean characters is family name, then given name; without a
    blank the first character is the family name, of four and more characters the first two.
    """
    text = pl.col("full_name").str.strip_chars()
    is_eastern = text.str.contains(_HAN).fill_null(value=False)
    parted = (
        pl.when(text.str.contains(r"[\s・·]"))
        .then(text.str.replace(r"[\s・·]+", ", "))
        .when(text.str.len_chars() > LONGEST_WITH_SHORT_FAMILY)
        .then(text.str.replace(r"^(..)(.+)$", "${1}, ${2}"))
        .otherwise(text.str.replace(r"^(.)(.+)$", "${1}, ${2}"))
    )
    return names.with_columns(full_name=pl.when(is_eastern).then(parted).otherwise("full_name"))


def name_columns(frame: pl.DataFrame) -> pl.DataFrame:
    """Return given, middle, family and what is derived from them, one row per row of the frame.

    `frame` holds `NAME_COLUMNS`, already Latin. A full name is read only for what given and family
    name lack: `Last, First Middle`, else first word, last word with its particles, the rest
    between; three words that end in a patronymic are family name first.
    """
    return derived(_parted(frame))


def further_names(further: pl.DataFrame, main: pl.DataFrame) -> pl.DataFrame:
    """Return `uid` and the columns of `name_columns` for the further names of records.

    A lone family name (a maiden name) or given name (a nickname) goes with the other part of the
    main name; both frames hold `uid` and `NAME_COLUMNS`.
    """
    own = _parted(main).with_columns(main["uid"])
    words = _parted(further).with_columns(further["uid"], full=further["full_name"])
    both = words.join(own, on="uid", how="left", suffix="_own", maintain_order="left")
    is_half = pl.col("full").is_null() & (
        pl.col("given_words").is_null() | pl.col("family_words").is_null()
    )
    whole = both.with_columns(
        pl.when(is_half).then(pl.coalesce(name, f"{name}_own")).otherwise(name).alias(name)
        for name in ("given_words", "family_words")
    )
    return derived(whole).with_columns(whole["uid"])


def derived(words: pl.DataFrame) -> pl.DataFrame:
    """Return the columns that are compared and blocked on, from the words of the names."""
    given, second = (
        pl.col("given_words").str.split(" ").list.get(place, null_on_oob=True) for place in (0, 1)
    )
    middle_word = pl.col("middle_words").str.split(" ").list.get(0, null_on_oob=True)
    parts = words.select(
        given=given,
        middle=pl.coalesce(middle_word, second),
        family=pl.col("family_words").str.replace_all(" ", ""),
        family_tokens=by_value(words["family_words"], _telling),
    )
    return parts.with_columns(
        _nicknames(parts["given"]),
        *_name_keys(),
        given_sound=by_value(parts["given"], soundex),
        family_sound=by_value(parts["family"], soundex),
    ).select(*parts.columns, "nicknames", *KEYS)


def _telling(family: pl.Expr) -> pl.Expr:
    """Return the words of a family name, without its particles where others are left."""
    return pl.coalesce(without_words(family, PARTICLES), family).str.split(" ")


def has_person_name() -> pl.Expr:
    """Return whether any name column has a letter left after titles and suffixes."""
    return pl.any_horizontal(
        without_words(letters(pl.col(name)), TITLES | SUFFIXES).is_not_null()
        for name in NAME_COLUMNS
        if name != "middle_name"
    )


def _parted(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the words of given, middle and family name, a full name filling what is missing.

    The half of a full name is believed where the other half agrees with the column that is there.
    """
    words = frame.select(
        given=by_value(frame["given_name"], lambda text: without_words(letters(text), TITLES)),
        family=by_value(frame["family_name"], lambda text: without_words(letters(text), SUFFIXES)),
        middle=by_value(frame["middle_name"], letters),
    ).with_columns(_full(frame))
    first, first_full = _first_word("given"), _first_word("full_given")
    is_nameless = pl.col("given").is_null() & pl.col("family").is_null()
    lacks_family = (
        pl.col("family").is_null() & (first == first_full) & _is_new("full_family")
    ).fill_null(value=False)
    lacks_given = (
        pl.col("given").is_null()
        & (pl.col("family") == pl.col("full_family"))
        & _is_new("full_given")
    ).fill_null(value=False)
    return words.select(
        given_words=pl.when(is_nameless | lacks_given).then("full_given").otherwise("given"),
        family_words=pl.when(is_nameless | lacks_family).then("full_family").otherwise("family"),
        middle_words=pl.coalesce(
            "middle", pl.when(is_nameless | lacks_given | lacks_family).then("full_middle")
        ),
    )


def _is_new(part: str) -> pl.Expr:
    """Return whether a half of the full name is a name, not the middle name or an initial of it."""
    is_middle = (pl.col(part) == pl.col("middle")).fill_null(value=False)
    return (pl.col(part).str.len_chars() > 1) & ~is_middle


def _full(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the parts of the full name as `full_given`, `full_middle` and `full_family`."""
    comma = pl.col("full_name").str.splitn(",", 2)
    return (
        frame.select(
            plain=without_words(letters(pl.col("full_name")), TITLES | SUFFIXES),
            before=without_words(letters(comma.struct.field("field_0")), SUFFIXES),
            after=without_words(letters(comma.struct.field("field_1")), TITLES | SUFFIXES),
        )
        .with_columns(
            plain=pl.col("plain").str.replace(_FAMILY_FIRST, "$2 $3 $1"),
            is_listed=pl.col("after").is_not_null() & pl.col("before").is_not_null(),
        )
        .with_columns(last=pl.col("plain").str.extract(_LAST, 1))
        .with_columns(
            between=pl.col("plain")
            .str.slice(0, pl.col("plain").str.len_chars() - pl.col("last").str.len_chars())
            .str.replace(r"^\S+", "")
        )
        .select(
            full_given=pl.when("is_listed").then("after").otherwise(_first_word("plain")),
            full_middle=pl.when(~pl.col("is_listed")).then(collapse(pl.col("between"))),
            full_family=pl.when("is_listed").then("before").otherwise("last"),
        )
    )


def _first_word(column: str) -> pl.Expr:
    return pl.col(column).str.extract(r"^(\S+)", 1)


def _nicknames(given: pl.Series) -> pl.Series:
    """Return each given name with the names it may be short for, sorted."""
    known = given.drop_nulls().unique().sort()
    namer = _namer()
    variants = [
        sorted({name, *namer.canonicals_of(name), *SHORT_FORMS.get(name, ())}) for name in known
    ]
    table = pl.DataFrame(
        {"given": known, "nicknames": variants},
        schema={"given": pl.String(), "nicknames": pl.List(pl.String())},
    )
    return given.to_frame("given").join(table, on="given", how="left", maintain_order="left")[
        "nicknames"
    ]


@cache
def _namer() -> NickNamer:
    return NickNamer()


def _name_keys() -> list[pl.Expr]:
    given, family = pl.col("given"), pl.col("family")
    return [
        given.str.slice(0, 1).alias("given_1"),
        given.str.slice(0, 3).alias("given_3"),
        family.str.slice(0, 3).alias("family_3"),
        pl.col("middle").str.slice(0, 1).alias("middle_1"),
        pl.when(given < family)
        .then(given + " " + family)
        .otherwise(family + " " + given)
        .alias("name_set"),
    ]
