"""Contact values that stand for nobody: shared by too many different surnames to identify one."""

from typing import Final

import polars as pl

MAX_SURNAMES: Final = 8
SURNAME_SHARE: Final = 0.5
PREFIX: Final = 3


def placeholders(values: pl.DataFrame, surname: pl.DataFrame) -> pl.Series:
    """Return the values carried by more than 8 surname prefixes that are over half its records.

    `values` is (`uid`, `value`), `surname` is (`uid`, `surname`).
    """
    joined = values.join(surname, on="uid").with_columns(
        prefix=pl.col("surname").fill_null("").str.slice(0, PREFIX)
    )
    spread = joined.group_by("value").agg(
        prefixes=pl.col("prefix").n_unique(), records=pl.col("uid").n_unique()
    )
    is_placeholder = (pl.col("prefixes") > MAX_SURNAMES) & (
        pl.col("prefixes") > SURNAME_SHARE * pl.col("records")
    )
    return spread.filter(is_placeholder)["value"].sort()
