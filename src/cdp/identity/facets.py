"""Several names, addresses, birth dates, employers or numbers of one record, each kept whole.

A facet is a group of columns that belong to one value: the parts of one name, of one address. The
columns of a facet hold its main value; a list of structs of the same columns holds all values of
the few records that have more than one, and is null elsewhere, so that records of one value cost
nothing.

Invariant: the main value is the first of the fullest, and nothing depends on other records.
"""

from __future__ import annotations

from typing import Final

import polars as pl

MAX_VALUES: Final = 12
"""Values of one facet that are compared; what comes after them is no longer somebody's name."""

FACETS: Final = {
    "names": (
        *("given", "middle", "family", "family_tokens", "nicknames", "given_1", "given_3"),
        *("family_3", "given_sound", "family_sound", "middle_1", "name_set"),
    ),
    "addresses": ("street", "city", "postcode", "street_number"),
    "birth_dates": ("birth_date", "birth_vague", "birth_year", "birth_month", "birth_day"),
    "companies": (
        *("company", "company_tokens", "company_number", "company_6", "company_sorted"),
        "company_rare",
    ),
    "national_ids": ("national_id",),
}
"""List column: the columns that hold its main value."""

DISTINCT: Final = {
    "names": ("given", "middle", "family"),
    "addresses": ("street", "city", "postcode"),
    "birth_dates": ("birth_date",),
    "companies": ("company",),
    "national_ids": ("national_id",),
}
"""The columns that tell two values of a facet apart; the more of them are filled, the fuller."""


def folded(main: pl.DataFrame, further: pl.DataFrame, facet: str) -> pl.DataFrame:
    """Return `main` with the list column of the facet, its columns holding the fullest value.

    `main` has one row per `uid`, sorted; `further` any number of rows with the same columns.
    """
    columns = FACETS[facet]
    if further.is_empty():
        kind = pl.List(pl.Struct({name: main.schema[name] for name in columns}))
        return main.with_columns(pl.lit(None, dtype=kind).alias(facet))
    touched = pl.col("uid").is_in(further["uid"].unique().to_list())
    own = main.filter(touched).select("uid", *columns)
    ranked = _ranked(pl.concat([own, further.select("uid", *columns)]), facet)
    first = ranked.group_by("uid", maintain_order=True).first()
    lists = (
        ranked.group_by("uid", maintain_order=True)
        .agg(pl.struct(columns).head(MAX_VALUES).alias(facet))
        .filter(pl.col(facet).list.len() > 1)
    )
    others = [name for name in main.columns if name not in columns]
    replaced = main.filter(touched).select(others).join(first, on="uid", how="left")
    whole = pl.concat([main.filter(~touched), replaced.select(main.columns)]).sort("uid")
    return whole.join(lists, on="uid", how="left", maintain_order="left")


def _ranked(values: pl.DataFrame, facet: str) -> pl.DataFrame:
    """Return the distinct values of every record, the fullest first, else in their order."""
    parts = DISTINCT[facet]
    fullness = pl.sum_horizontal(pl.col(name).is_not_null().cast(pl.Int32) for name in parts)
    return (
        values.with_columns(fullness=fullness)
        .filter(pl.col("fullness") > 0)
        .unique(["uid", *parts], keep="first", maintain_order=True)
        .sort("uid", "fullness", descending=[False, True], maintain_order=True)
        .drop("fullness")
    )


def variants(columns: pl.DataFrame) -> pl.DataFrame:
    """Return further rows of the records with several values of a facet, for blocking.

    The k-th row of a record shows the k-th value of every facet, its main value where there are
    fewer; `unique_id` repeats. The rows of `columns` are not among them.
    """
    is_several = pl.any_horizontal(pl.col(facet).is_not_null() for facet in FACETS)
    several = columns.filter(is_several)
    if several.is_empty():
        return several
    longest = several.select(
        pl.max_horizontal(pl.col(facet).list.len() for facet in FACETS)
    ).to_series()
    rows = [_variant(several, longest, number) for number in range(1, MAX_VALUES)]
    return pl.concat(rows)


def _variant(several: pl.DataFrame, longest: pl.Series, number: int) -> pl.DataFrame:
    shown = several.filter(longest > number)
    parts = []
    for facet, names in FACETS.items():
        value = pl.col(facet).list.get(number, null_on_oob=True)
        parts += [
            pl.when(value.is_not_null())
            .then(value.struct.field(name))
            .otherwise(pl.col(name))
            .alias(name)
            for name in names
        ]
    return shown.with_columns(parts)
