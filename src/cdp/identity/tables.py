"""Tables in files, as text: CSV, JSON lines and Parquet with whatever columns they have.

Invariant: the frame returned has every row of the file in its order and only text (or list of
text) columns, or a `TableError` names the file, the place and what to do.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

import polars as pl
import pyarrow as pa
import pyarrow.csv as pa_csv

from cdp.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from duckdb import DuckDBPyConnection

DELIMITERS: Final = (",", ";", "\t", "|")
CSV_BLOCK: Final = 1 << 24

_KEYS_SQL: Final = """
select distinct unnest(json_keys(line::json)) as key
from json_line
order by key
"""
_CELLS_SQL: Final = """
with cell as (
    select
        row,
        unnest(json_keys(line::json)) as key,
        line::json as line
    from json_line
)
select
    row,
    key,
    json_extract_string(line, '$."' || replace(key, '"', '') || '"') as value
from cell
"""


class TableError(InputError):
    """A table handed to `cdp match` cannot be read or does not fit together."""


def read_table(path: Path, connection: DuckDBPyConnection) -> pl.DataFrame:
    """Return the rows of a CSV, TSV, JSON lines, JSON or Parquet file as text columns.

    Raises:
        TableError: the file is missing, empty, of another kind, not UTF-8, or breaks off.
    """
    readers: dict[str, Callable[[Path], pl.DataFrame]] = {
        ".csv": _read_csv,
        ".tsv": _read_csv,
        ".txt": _read_csv,
        ".jsonl": lambda file: _read_json(file, connection),
        ".ndjson": lambda file: _read_json(file, connection),
        ".json": lambda file: _read_json(file, connection),
        ".parquet": _read_parquet,
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        msg = f"{path}: cannot read {path.suffix or 'a file without suffix'}; known: " + ", ".join(
            readers
        )
        raise TableError(msg)
    if not path.is_file():
        msg = f"{path}: there is no such file; check the path"
        raise TableError(msg)
    frame = reader(path)
    if not frame.columns:
        msg = f"{path}: has no columns; give it a header and at least one column"
        raise TableError(msg)
    return frame


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        msg = f"{path}: cannot be read ({error.strerror}); check its permissions"
        raise TableError(msg) from error
    if not raw.strip():
        msg = f"{path}: is empty; export it again"
        raise TableError(msg)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        msg = f"{path}, line {line}: is not UTF-8 text; save the file with encoding UTF-8"
        raise TableError(msg) from error


def _read_csv(path: Path) -> pl.DataFrame:
    text = _text(path)
    first = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(DELIMITERS, key=first.count)
    header = next(csv.reader(io.StringIO(text), delimiter=delimiter))
    names = _checked_header(path, header)
    if text.count('"') % 2:
        msg = f"{path}: a quoted field is never closed, so the file breaks off; export it again"
        raise TableError(msg)
    try:
        table = pa_csv.read_csv(
            pa.py_buffer(text.encode()),
            read_options=pa_csv.ReadOptions(
                column_names=names, skip_rows=1, use_threads=False, block_size=CSV_BLOCK
            ),
            parse_options=pa_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                strings_can_be_null=True,
                null_values=[""],
            ),
        )
    except pa.ArrowInvalid as error:
        msg = f"{path}: {error}; a row does not fit the header, export the file again"
        raise TableError(msg) from error
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)  # noqa: S101 - narrows the type for the checker
    return frame


def _checked_header(path: Path, header: list[str]) -> list[str]:
    names = [name.strip() for name in header]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated or "" in names:
        what = f"repeats {repeated}" if repeated else "has a column without name"
        msg = f"{path}, line 1: the header {what}; name every column once"
        raise TableError(msg)
    return names


def _read_json(path: Path, connection: DuckDBPyConnection) -> pl.DataFrame:
    text = _text(path)
    lines = pl.Series("line", text.splitlines(), dtype=pl.String)
    rows = lines.to_frame().with_row_index("number", 1).filter(pl.col("line").str.contains(r"\S"))
    if text.lstrip().startswith("["):
        rows = pl.DataFrame({"number": [1], "line": [text]})
    connection.register("json_text", rows)
    try:
        _check_json(path, connection)
        connection.register("json_line", _checked_rows(path, _json_rows(connection)))
        names = connection.sql(_KEYS_SQL).pl()["key"].to_list()
        cells = connection.sql(_CELLS_SQL).pl()
        count = connection.sql("select count(*) as n from json_line").pl()["n"].item()
    finally:
        connection.unregister("json_text")
        connection.unregister("json_line")
    base = pl.DataFrame({"row": pl.int_range(count, eager=True)})
    wide = cells.with_columns(pl.col("row").cast(pl.Int64)).pivot(
        "key", index="row", values="value", aggregate_function="first"
    )
    return base.join(wide, on="row", how="left", maintain_order="left").select(names)


def _check_json(path: Path, connection: DuckDBPyConnection) -> None:
    bad = connection.sql(
        "select number from json_text where not json_valid(line) order by number limit 1"
    ).pl()
    if len(bad):
        msg = (
            f"{path}, line {bad['number'].item()}: is not valid JSON (broken off?); "
            "export the file again, one JSON object a line"
        )
        raise TableError(msg)
    other = connection.sql(
        "select number from json_text where json_type(line) not in ('OBJECT', 'ARRAY') limit 1"
    ).pl()
    if len(other):
        msg = f"{path}: holds a JSON value that is no object; write one object a line"
        raise TableError(msg)


def _checked_rows(path: Path, rows: pl.DataFrame) -> pl.DataFrame:
    other = rows.filter(~pl.col("line").str.starts_with("{"))
    if len(other):
        msg = (
            f"{path}, line {other['number'][0]}: an array holds a JSON value that is no object; "
            "write one object a row"
        )
        raise TableError(msg)
    return rows


def _json_rows(connection: DuckDBPyConnection) -> pl.DataFrame:
    """Return (`row`, `number`, `line`) per value of an array, in order; `number` is its line."""
    rows: pl.DataFrame = connection.sql(
        """
        select
            number,
            unnest(
                case json_type(line)
                    when 'ARRAY' then json_extract(line, '$[*]')
                    else [line::json]
                end
            )::varchar as line
        from json_text
        """
    ).pl()
    return rows.with_row_index("row").select("row", "number", "line")


def _read_parquet(path: Path) -> pl.DataFrame:
    try:
        frame = pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        msg = f"{path}: is not a readable Parquet file ({error}); export it again"
        raise TableError(msg) from error
    return frame.select(_as_text(name, kind) for name, kind in frame.schema.items())


def _as_text(name: str, kind: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if isinstance(kind, pl.List):
        inner = kind.inner
        if isinstance(inner, pl.Struct):
            encoded = column.list.eval(pl.element().struct.json_encode()).list.join(",")
            return pl.when(column.is_not_null()).then("[" + encoded + "]").alias(name)
        return column.cast(pl.List(pl.String))
    if isinstance(kind, pl.Struct):
        return column.struct.json_encode()
    if kind == pl.Binary:
        return column.cast(pl.String, strict=False)
    return column.cast(pl.String)
