"""E-mails and telephone numbers, several per record, in the one notation two systems share."""

from typing import Final

import polars as pl
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from cdp.identity.words import by_value, transliterate

COUNTRY_CODE: Final = "|".join(
    sorted((str(code) for code in COUNTRY_CODE_TO_REGION_CODE), key=lambda code: (-len(code), code))
)
MIN_DIGITS: Final = 7
MIN_VARIETY: Final = 3
PHONE_DIGITS: Final = 10


def exploded(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """Return one row (`uid`, `value`) per value of a list column, empty ones left out."""
    rows = frame.select("uid", value=column).filter(pl.col("value").list.len() > 0)
    return rows.explode("value").filter(pl.col("value").str.strip_chars() != "")


def clean_emails(values: pl.DataFrame) -> pl.DataFrame:
    """Return (`uid`, `value`, `local`): lower case, tag after `+` removed, no address dropped."""
    text = transliterate(values["value"]).str.to_lowercase().str.replace_all(r"\s|^mailto:", "")
    parts = values.with_columns(value=text).with_columns(
        local=pl.col("value").str.extract(r"^([^@]+)@[^@]+$", 1).str.replace(r"(.)\+.*$", "$1"),
        domain=pl.col("value").str.extract(r"^[^@]+@([^@]+)$", 1),
    )
    return (
        parts.filter(pl.col("local").is_not_null())
        .select("uid", value=pl.col("local") + "@" + pl.col("domain"), local="local")
        .unique()
    )


def clean_phones(values: pl.DataFrame) -> pl.DataFrame:
    """Return (`uid`, `value`): national digits, at most the last ten; too few or constant dropped.

    A number in international form (`+` or `00`) loses its country code, any number its trunk
    zeros and extension, so that both forms of one number agree.
    """
    return (
        values.with_columns(value=by_value(values["value"], _national)).drop_nulls("value").unique()
    )


def _national(number: pl.Expr) -> pl.Expr:
    """Return the national digits of a number, null for none."""
    text = (
        number.str.to_lowercase()
        .str.replace(r"\s*(?:x|ext\.?|extension)\s*\d+\s*$", "")
        .str.replace_all(r"\(0\)", "")
        .str.replace(r"^\s*00", "+")
    )
    is_international = text.str.contains(r"^\s*\+")
    digits = text.str.replace_all(r"\D", "")
    national = (
        pl.when(is_international)
        .then(digits.str.replace(rf"^(?:{COUNTRY_CODE})", ""))
        .otherwise(digits)
        .str.strip_chars_start("0")
        .str.tail(PHONE_DIGITS)
    )
    variety = pl.sum_horizontal(
        digits.str.contains(str(digit), literal=True).cast(pl.Int32) for digit in range(10)
    )
    usable = (digits.str.len_chars() >= MIN_DIGITS) & (variety >= MIN_VARIETY)
    is_long = national.str.len_chars() >= MIN_DIGITS - 1
    return pl.when(usable & is_long).then(national)


def gathered(values: pl.DataFrame, name: str, column: str = "value") -> pl.DataFrame:
    """Return one row per `uid` with the sorted distinct values as a list called `name`."""
    rows = values.select("uid", pl.col(column).alias(name)).unique().sort("uid", name)
    return rows.group_by("uid", maintain_order=True).agg(name)
