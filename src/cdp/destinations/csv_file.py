"""A CSV file: UTF-8, a heading, quotes where needed.

A text that a spreadsheet would run as a formula gets an apostrophe in front, which is what
OWASP recommends against CSV injection; plain numbers such as +49 30 1234 stay as they are.
"""

from typing import TYPE_CHECKING, Literal

from pydantic import Field
from sqlglot import exp

from cdp.destinations import DESTINATIONS, Destination, DestinationDefinition

if TYPE_CHECKING:
    from pathlib import Path

    from duckdb import DuckDBPyRelation

# With the wide forms of the four signs, which spreadsheets of East Asia take for the signs.
_FORMULA = "^\\s*[=@\uff1d\uff20]|^[\\t\\r\\n]|^\\s*[+\uff0b\uff0d-].*[^0-9 ()./-]"
_FIRST_LETTER, _FIRST_WIDE = "A", "\uff00"
"""A text that begins between these two is no formula; to compare is cheaper than to search."""


class CsvFile(DestinationDefinition):
    """A CSV file for each segment."""

    delimiter: str = Field(",", min_length=1, max_length=1, description="between two values")
    spreadsheet_safe: bool = Field(
        default=True, description="false: texts that look like formulas are left as they are"
    )
    compression: Literal["none", "gzip"] = Field("none", description="how files are packed")


def _write(rows: "DuckDBPyRelation", path: "Path", definition: CsvFile) -> None:
    if definition.spreadsheet_safe:
        rows = safe(rows)
    packed = definition.compression
    rows.write_csv(str(path), header=True, sep=definition.delimiter, compression=packed)


def safe(rows: "DuckDBPyRelation") -> "DuckDBPyRelation":
    """Return the rows with an apostrophe before each text that looks like a formula."""
    columns = zip(rows.columns, rows.types, strict=True)
    return rows.project(", ".join(_guarded(name, str(kind)) for name, kind in columns))


def _guarded(name: str, kind: str) -> str:
    column = exp.column(name, quoted=True)
    if kind != "VARCHAR":
        return column.sql("duckdb")
    formula = exp.Anonymous(
        this="regexp_matches",
        expressions=[column, exp.Literal.string(_FORMULA), exp.Literal.string("s")],
    )
    plain = exp.and_(
        exp.GTE(this=column.copy(), expression=exp.Literal.string(_FIRST_LETTER)),
        exp.LT(this=column.copy(), expression=exp.Literal.string(_FIRST_WIDE)),
    )
    marked = exp.DPipe(this=exp.Literal.string("'"), expression=column.copy())
    guarded = exp.Case().when(plain, column.copy()).when(formula, marked).else_(column.copy())
    return guarded.as_(name, quoted=True).sql("duckdb")


DESTINATIONS.add("csv_file", Destination("csv_file", ".csv", CsvFile, _write))
