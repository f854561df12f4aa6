"""Contact values that stand for nobody: shared by too many different surnames to identify one."""

from typing import Final

import polars as pl

MAX_SURNAMES: Final = 8
SURNAME_SHARE: Final = 0.5
PREFIX: Final = 3
DATE_SHARE: Final = 0.005


def placeholder_dates(values: pl.DataFrame, surname: pl.DataFrame) -> pl.Series:
    """Return the dates of more than 0.5 % of the dated records and more than 8 surname prefixes.

    Dates are shared by strangers all the time, so what shows a placeholder is its share.
    """
    spread = _spread(values, surname)
    is_placeholder = (pl.col("prefixes") > MAX_SURNAMES) & (
        pl.col("records") > DATE_SHARE * values.height
    )
    return spread.filter(is_placeholder)["value"].sort()


def placeholders(values: pl.DataFrame, surname: pl.DataFrame) -> pl.Series:
    """Return the values seen with more than 8 surname prefixes, at least half as many as chance.

    Chance is the number of distinct prefixes among as many random records; `values` is (`uid`,
    `value`), `surname` is (`uid`, `surname`).
    """
    spread = _spread(values, surname).filter(pl.col("prefixes") > MAX_SURNAMES)
    shares = _prefixes(surname).group_by("prefix").len().select(share=pl.col("len") / len(surname))
    expected = (
        spread.join(shares, how="cross")
        .group_by("value")
        .agg(expected=(1 - (1 - pl.col("share")) ** pl.col("records").cast(pl.Float64)).sum())
    )
    is_random = pl.col("prefixes") > SURNAME_SHARE * pl.col("expected")
    return spread.join(expected, on="value").filter(is_random)["value"].sort()


def _prefixes(surname: pl.DataFrame) -> pl.DataFrame:
    return surname.select("uid", prefix=pl.col("surname").fill_null("").str.slice(0, PREFIX))


def _spread(values: pl.DataFrame, surname: pl.DataFrame) -> pl.DataFrame:
    """Return, per value, how many records carry it and under how many surname prefixes."""
    joined = values.join(_prefixes(surname), on="uid")
    return joined.group_by("value").agg(
        prefixes=pl.col("prefix").n_unique(), records=pl.col("uid").n_unique()
    )
