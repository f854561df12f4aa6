"""An Excel workbook, written row by row in constant memory, on as many sheets as it needs.

Invariant: no cell is a formula or a link; a text is a text, whatever it looks like. The same rows
give the same bytes.
"""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import xlsxwriter
from pydantic import Field

from cdp.destinations import DESTINATIONS, Destination, DestinationDefinition
from cdp.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from duckdb import DuckDBPyRelation

SHEET_ROWS: Final = 1_048_576
"""Rows of a sheet at most, the heading included (Excel specifications and limits)."""

_LONGEST: Final = 32_767
_EXACT: Final = 2**53
_BATCH: Final = 10_000
_BORN: Final = datetime(2000, 1, 1)  # noqa: DTZ001 - workbooks know no zones


class ExcelFile(DestinationDefinition):
    """An Excel workbook for each segment."""

    sheet: str = Field(
        "Sheet",
        min_length=1,
        max_length=25,
        pattern=r"^[^\[\]:*?/\\']+$",
        description="name of its sheets; from the second on with a number behind it",
    )


def _write(rows: "DuckDBPyRelation", path: "Path", definition: ExcelFile) -> None:
    options = {
        "constant_memory": True,
        "tmpdir": str(path.parent),  # nothing of it lies outside of the export's own folder
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
    }
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties({"created": _BORN})
        _Writer(book, definition.sheet, rows.columns).write(rows)


class _Writer:
    """Writes rows into sheets, a new one whenever one is full."""

    def __init__(self, book: Any, name: str, columns: list[str]) -> None:  # noqa: ANN401 - untyped
        self._book, self._name, self._columns = book, name, columns
        self._formats = {
            kind: book.add_format({"num_format": shown})
            for kind, shown in (
                (datetime, "yyyy-mm-dd hh:mm:ss"),
                (date, "yyyy-mm-dd"),
                (time, "hh:mm:ss"),
            )
        }
        self._bold = book.add_format({"bold": True})
        self._sheets = 0
        self._begin()

    def write(self, rows: "DuckDBPyRelation") -> None:
        """Write every row."""
        for batch in rows.to_arrow_reader(_BATCH):
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                if self._row == SHEET_ROWS:
                    self._begin()
                for place, value in enumerate(row):
                    self._put(place, value)
                self._row += 1

    def _begin(self) -> None:
        self._sheets += 1
        self._sheet = self._book.add_worksheet(
            self._name if self._sheets == 1 else f"{self._name} {self._sheets}"
        )
        for place, heading in enumerate(self._columns):
            self._sheet.write_string(0, place, heading, self._bold)
        self._row = 1

    def _put(self, place: int, value: object) -> None:
        if value is None:
            return
        if isinstance(value, bool):
            self._sheet.write_boolean(self._row, place, value)
        elif isinstance(value, int | float | Decimal) and abs(float(value)) < _EXACT:
            self._sheet.write_number(self._row, place, float(value))
        elif isinstance(value, datetime | date | time):
            self._sheet.write_datetime(self._row, place, value, self._formats[type(value)])
        else:
            self._put_text(place, _text(value))

    def _put_text(self, place: int, text: str) -> None:
        if len(text) > _LONGEST:
            msg = (
                f"a value of {self._columns[place]!r} has {len(text):,} characters, a cell of "
                f"Excel takes {_LONGEST:,}; leave the column out or choose csv_file"
            )
            raise InputError(msg)
        self._sheet.write_string(self._row, place, text)


def _text(value: object) -> str:
    told: dict[type, Callable[[Any], str]] = {
        list: lambda many: ", ".join(map(str, many)),
        timedelta: str,
    }
    return told.get(type(value), str)(value)


DESTINATIONS.add("excel_file", Destination("excel_file", ".xlsx", ExcelFile, _write))
