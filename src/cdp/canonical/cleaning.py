"""Clean every distinct value that is not plain once, and keep the outcome beside the value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from cdp.canonical.clean import CLEANERS
from cdp.canonical.clean.phones import plain_phones

if TYPE_CHECKING:
    from cdp.store import Warehouse

_DISTINCT: Final = """
select type, hint, meaning
from (
    select type, hint, meaning from temp.canonical_meant
    union all
    select type, hint, meaning from temp.canonical_field
    where meaning is not null and plain is null
)
group by type, hint, meaning
order by type, hint, meaning
"""
SCHEMA: Final = {
    "type": pl.String,
    "hint": pl.String,
    "meaning": pl.String,
    "value": pl.String,
    "reason": pl.String,
    "message": pl.String,
}


def clean_distinct(warehouse: Warehouse) -> int:
    """Fill `temp.canonical_clean` with every distinct value's outcome; return how many."""
    return warehouse.put("temp.canonical_clean", outcomes(warehouse.query(_DISTINCT)))


def outcomes(values: pl.DataFrame) -> pl.DataFrame:
    """Return the values (type, hint, meaning) with value, reason and message beside them."""
    parts = [_cleaned(part) for part in values.partition_by("type", maintain_order=True)]
    return pl.concat([pl.DataFrame(schema=SCHEMA), *parts])


def _cleaned(part: pl.DataFrame) -> pl.DataFrame:
    if part.item(0, "type") == "phone":
        parts = part.partition_by("hint", maintain_order=True)
        return pl.concat([_phones(one) for one in parts])
    return _one_by_one(part)


def _phones(part: pl.DataFrame) -> pl.DataFrame:
    """Return the numbers of one country, those that are plain by whole columns."""
    known = part.with_columns(plain_phones(part["meaning"], part.item(0, "hint")).alias("value"))
    plain = known.filter(pl.col("value").is_not_null()).with_columns(
        reason=pl.lit(None, dtype=pl.String), message=pl.lit(None, dtype=pl.String)
    )
    others = known.filter(pl.col("value").is_null()).drop("value")
    return pl.concat([plain, _one_by_one(others)]) if len(others) else plain


def _one_by_one(part: pl.DataFrame) -> pl.DataFrame:
    cleaner = CLEANERS[part.item(0, "type")]
    found = [
        cleaner(meaning, hint)
        for meaning, hint in zip(part["meaning"].to_list(), part["hint"].to_list(), strict=True)
    ]
    columns = {
        name: [outcome[i] for outcome in found]
        for i, name in enumerate(("value", "reason", "message"))
    }
    return part.with_columns(
        *(pl.Series(name, values, dtype=pl.String) for name, values in columns.items())
    )
