"""Values of a record beyond its columns: what stands in `extra` under a name that means a field.

Invariant: a value that belongs to a name or an address stays with the parts it came with; a
column of the record is filled where it was blank, and never changed.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from cdp.identity.documents import ROOT
from cdp.identity.fields import ADDRESS_FIELDS, FURTHER, LIST_FIELDS, NAME_FIELDS, OWN_NAMES, placed
from cdp.identity.records import RECORD_SCHEMA

PARTS: Final = {"names": NAME_FIELDS, "addresses": ADDRESS_FIELDS}


def merged(records: pl.DataFrame, cells: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the records with recognised values added, and the cells that were not recognised.

    `records` are numbered by `uid` in order; `cells` are those of `documents.read_documents`.
    """
    meaning = {key: found for key in cells["key"].unique() if (found := _usable(key))}
    if not meaning:
        return records, cells
    known = cells.filter(pl.col("key").is_in(list(meaning))).with_columns(
        field=pl.col("key").replace_strict({key: field for key, (field, _) in meaning.items()}),
        group=pl.col("key").replace_strict({key: group for key, (_, group) in meaning.items()}),
    )
    for field in LIST_FIELDS:
        records = _appended(records, known.filter(pl.col("field") == field), field)
    for field in (*FURTHER, "gender"):
        records = _filled(records, known.filter(pl.col("field") == field), field)
    for facet, fields in PARTS.items():
        records = _with_parts(records, known.filter(pl.col("field").is_in(fields)), facet)
    return records, cells.filter(~pl.col("key").is_in(list(meaning)))


def _usable(key: str) -> tuple[str, str] | None:
    found = placed(key)
    return found if found and found[0] not in OWN_NAMES else None


def _appended(records: pl.DataFrame, cells: pl.DataFrame, column: str) -> pl.DataFrame:
    """Return the records with the values of the cells at the end of a list column."""
    if cells.is_empty():
        return records
    values = cells.group_by("uid", maintain_order=True).agg(added=pl.col("value"))
    joined = records.join(values, on="uid", how="left", maintain_order="left")
    both = pl.concat_list(pl.col(column).fill_null([]), pl.col("added").fill_null([]))
    return joined.with_columns(
        pl.when(pl.col("added").is_null()).then(column).otherwise(both).alias(column)
    ).drop("added")


def _filled(records: pl.DataFrame, cells: pl.DataFrame, field: str) -> pl.DataFrame:
    """Return the records with a blank field filled, other values among its further values."""
    if cells.is_empty():
        return records
    first = cells.group_by("uid", maintain_order=True).agg(added=pl.col("value").first())
    joined = records.join(first, on="uid", how="left", maintain_order="left")
    filled = joined.with_columns(
        pl.when(_is_blank(field)).then("added").otherwise(field).alias(field)
    ).drop("added")
    return _appended(filled, cells, FURTHER[field]) if field in FURTHER else filled


def _with_parts(records: pl.DataFrame, cells: pl.DataFrame, facet: str) -> pl.DataFrame:
    """Return the records with names or addresses put together from the cells of one object."""
    if cells.is_empty():
        return records
    key = ["uid", "part", "group", "number"]
    numbered = cells.with_columns(
        number=pl.int_range(pl.len()).over("uid", "part", "group", "field")
    )
    values = numbered.group_by(key, maintain_order=True).agg(
        pl.col("value").filter(pl.col("field") == field).first().alias(field)
        for field in PARTS[facet]
    )
    whole = _completed(values, facet)
    names = list(_struct(facet))
    own = whole.filter(pl.col("part").is_in(ROOT) & (pl.col("group") == "")).unique(
        "uid", keep="first", maintain_order=True
    )
    joined = records.join(
        own.select("uid", *names), on="uid", how="left", suffix="_added", maintain_order="left"
    )
    filled = joined.with_columns(
        pl.when(_is_blank(name)).then(f"{name}_added").otherwise(name).alias(name) for name in names
    ).select(records.columns)
    lists = whole.group_by("uid", maintain_order=True).agg(added=pl.struct(names))
    both = filled.join(lists, on="uid", how="left", maintain_order="left")
    kind = RECORD_SCHEMA[facet]
    old = pl.col(facet).fill_null(pl.lit([], dtype=kind))
    return both.with_columns(
        pl.when(pl.col("added").is_null())
        .then(facet)
        .otherwise(pl.concat_list(old, pl.col("added").fill_null(pl.lit([], dtype=kind))))
        .alias(facet)
    ).drop("added")


def _completed(values: pl.DataFrame, facet: str) -> pl.DataFrame:
    """Return the values with house numbers in their streets and maiden names as family names."""
    if facet == "addresses":
        return values.with_columns(
            street=pl.concat_str("street", "house_number", separator=" ", ignore_nulls=True)
        ).with_columns(street=pl.when(pl.col("street") != "").then("street"))
    maiden = values.filter(pl.col("maiden_name").is_not_null()).with_columns(
        pl.lit(None, dtype=pl.String).alias(name)
        for name in NAME_FIELDS
        if name not in {"family_name", "maiden_name"}
    )
    maiden = maiden.with_columns(family_name="maiden_name", group=pl.lit("maiden"))
    return pl.concat([values, maiden.select(values.columns)])


def _struct(facet: str) -> list[str]:
    kind = RECORD_SCHEMA[facet]
    assert isinstance(kind, pl.List)  # noqa: S101 - narrows the type for the checker
    assert isinstance(kind.inner, pl.Struct)  # noqa: S101 - narrows the type for the checker
    return [field.name for field in kind.inner.fields]


def _is_blank(field: str) -> pl.Expr:
    return pl.col(field).is_null() | (pl.col(field).str.strip_chars() == "")
