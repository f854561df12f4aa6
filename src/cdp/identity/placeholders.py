"""Contact values that stand for nobody: shared by too many different surnames to identify one."""

from typing import Final

import polars as pl

MAX_SURNAMES: Final = 8
SURNAME_SHARE: Final = 0.5
PREFIX: Final = 3
DATE_SHARE: Final = 0.01


def placeholder_dates(values: pl.DataFrame, surname: pl.DataFrame) -> pl.Series:
    """Return the dates of more than 1 % of the dated records and more than 8 surname prefixes.

    Dates are shared by strangers all the time, so what shows a placeholder is its share.
    """
    spread = _spread(values, surname)
    is_placeholder = (pl.col("prefixes") > MAX_SURNAMES) & (
        pl.col("records") > DATE_SHARE * values.height
    )
    return spread.filter(is_placeholder)["value"].sort()


def placeholders(values: pl.DataFrame, surname: pl.DataFrame) -> pl.Series:
    """Return the values carried by more than 8 surname prefixes that are over half its records.

    `values` is (`uid`, `value`), `surname` is (`uid`, `surname`).
    """
    spread = _spread(values, surname)
    is_placeholder = (pl.col("prefixes") > MAX_SURNAMES) & (
        pl.col("prefixes") > SURNAME_SHARE * pl.col("records")
    )
    return spread.filter(is_placeholder)["value"].sort()


def _spread(values: pl.DataFrame, surname: pl.DataFrame) -> pl.DataFrame:
    """Return, per value, how many records carry it and under how many surname prefixes."""
    joined = values.join(surname, on="uid").with_columns(
        prefix=pl.col("surname").fill_null("").str.slice(0, PREFIX)
    )
    return joined.group_by("value").agg(
        prefixes=pl.col("prefix").n_unique(), records=pl.col("uid").n_unique()
    )
