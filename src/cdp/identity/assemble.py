"""Tables with any column names to the records the engine reads.

Invariant: one record per row, in order; a column whose name says nothing goes into `extra`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from cdp.identity.fields import MULTI_VALUED, best_columns
from cdp.identity.records import RECORD_SCHEMA
from cdp.identity.tables import TableError

if TYPE_CHECKING:
    from pathlib import Path

SPLIT: Final = r"[;|]"
NO_SPLIT: Final = frozenset({"record_id", "source", "extra"})


def records_of(table: pl.DataFrame, default_source: str | None) -> pl.DataFrame:
    """Return the table as records of `RECORD_SCHEMA`, values found by their columns' synonyms."""
    found = best_columns(table.columns)
    cells = table.with_columns(
        _values(name, table.schema[name]).alias(name)
        for field, names in found.items()
        for name in names
        if field not in NO_SPLIT
    )
    fields = {
        field: _field(field, names, table) for field, names in found.items() if field != "extra"
    }
    known = {name for names in found.values() for name in names}
    others = [name for name in table.columns if name not in known]
    fields["extra"] = _extra(found.get("extra", []), others)
    if "record_id" not in found:
        fields["record_id"] = (pl.int_range(pl.len()) + 1).cast(pl.String)
    if "source" not in found:
        fields["source"] = pl.lit(default_source, dtype=pl.String)
    absent = {name: pl.lit(None, dtype=kind) for name, kind in RECORD_SCHEMA.items()}
    return cells.select(**(absent | fields)).select(*RECORD_SCHEMA)


def _values(name: str, kind: pl.DataType) -> pl.Expr:
    """Return the values of a cell: a list, a JSON array, or text parted by `;` or `|`."""
    column = pl.col(name)
    if isinstance(kind, pl.List):
        return column.list.drop_nulls()
    is_array = column.str.contains(r"^\s*\[.*\]\s*$")
    bare = pl.when(is_array).then(column.str.extract(r"^\s*\[(.*)\]\s*$", 1)).otherwise(column)
    unquoted = bare.str.replace_all(r'"\s*,\s*"', "|").str.strip_chars(' "')
    parts = pl.when(is_array).then(unquoted).otherwise(column).str.replace_all(SPLIT, "|")
    items = parts.str.split("|").list.eval(pl.element().str.strip_chars())
    return items.list.eval(pl.element().filter((pl.element() != "") & pl.element().is_not_null()))


def _field(field: str, names: list[str], table: pl.DataFrame) -> pl.Expr:
    if field in NO_SPLIT:
        return pl.coalesce(_plain(name, table) for name in names)
    if field in MULTI_VALUED:
        empty = pl.lit([], dtype=pl.List(pl.String))
        return pl.concat_list(pl.col(name).fill_null(empty) for name in names)
    return pl.coalesce(pl.col(name).list.first() for name in names)


def _plain(name: str, table: pl.DataFrame) -> pl.Expr:
    column = pl.col(name)
    return column.list.join(";") if isinstance(table.schema[name], pl.List) else column


def _extra(names: list[str], others: list[str]) -> pl.Expr:
    """Return one JSON array per row: an object of the other columns, then what `extra` held."""
    own = pl.lit(None, dtype=pl.String)
    if names:
        own = pl.coalesce(pl.col(name).cast(pl.String) for name in names)
    if not others:
        return own
    columns = pl.struct(pl.col(name).cast(pl.String, strict=False) for name in others)
    rest = columns.struct.json_encode()
    is_object = own.str.contains(r"^\s*\{.*\}\s*$").fill_null(value=False)
    return (
        pl.when(own.is_null())
        .then(rest)
        .when(is_object)
        .then("[" + rest + "," + own + "]")
        .otherwise("[" + rest + "," + pl.struct(extra=own).struct.json_encode() + "]")
    )


def combined(tables: list[tuple[Path, pl.DataFrame]]) -> pl.DataFrame:
    """Return the records of all tables under ids that are unique among them.

    Raises:
        TableError: an id is blank, repeated within a file, or repeated across files whose
            sources do not differ.
    """
    frames = []
    for number, (path, records) in enumerate(tables):
        _check_ids(path, records)
        frames.append(records.with_columns(file=pl.lit(number)))
    everything = pl.concat(frames)
    is_shared = pl.col("record_id").is_duplicated() & pl.col("source").is_not_null()
    renamed = everything.with_columns(
        record_id=pl.when(is_shared)
        .then(pl.col("source") + ":" + pl.col("record_id"))
        .otherwise("record_id")
    )
    clash = renamed.filter(pl.col("record_id").is_duplicated())
    if len(clash):
        files = sorted({str(tables[number][0]) for number in clash["file"]})
        msg = (
            f"record_id {clash['record_id'].sort()[0]!r} is in more than one file "
            f"({', '.join(files)}) and the sources do not differ; add a column `source`"
        )
        raise TableError(msg)
    return renamed.drop("file")


def _check_ids(path: Path, records: pl.DataFrame) -> None:
    ids = records.select("record_id").with_row_index("row", 1)
    blank = ids.filter(pl.col("record_id").fill_null("").str.strip_chars() == "")
    if len(blank):
        rows = ", ".join(str(row) for row in blank["row"].head(5))
        msg = f"{path}: rows {rows} have no record_id; fill the column or remove it"
        raise TableError(msg)
    repeated = ids.filter(pl.col("record_id").is_duplicated()).sort("record_id", "row")
    if len(repeated):
        first = repeated["record_id"][0]
        rows = ", ".join(
            str(row) for row in repeated.filter(pl.col("record_id") == first)["row"].head(5)
        )
        msg = (
            f"{path}: record_id {first!r} is repeated in rows {rows} "
            f"({len(repeated)} rows repeat an id); make the ids unique or remove the column"
        )
        raise TableError(msg)
