"""Read the sheets of a workbook: each is a table of its own, its cells with the types they have.

A cell is read by itself, so that its value never depends on the others of its column: text stays
text, zeros in front of it included; a number is a number, without a fraction where it is whole; a
date is ISO 8601, with a time of day only where it has one. The library gives a sheet as columns of
one type each; a cell's own type is what it becomes as a boolean and as a moment.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal

import fastexcel
from pydantic import Field

from cdp.sources.wire.batch import Collector
from cdp.sources.wire.delimited import distinct
from cdp.sources.wire.table import TableOptions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    import polars as pl

    from cdp.errors import InputError
    from cdp.sources import Batch
    from cdp.sources.wire.delivery import Part, Read, Task

Kind = Literal["string", "boolean", "datetime", "float"]
_KINDS: Final[tuple[Kind, ...]] = ("string", "boolean", "datetime", "float")
_FLAGS: Final = ("true", "false")
_EXACT: Final = 1e18  # larger ones are no numbers of things, and no integers elsewhere
_FIRST_YEAR: Final = 1900  # before it lie times of day without a date


class SheetOptions(TableOptions):
    """What is read of a workbook."""

    object: str | None = Field(
        None, min_length=1, description="name of the object; default: the name of the sheet"
    )
    sheets: list[str] | None = Field(
        None, min_length=1, description="names of the sheets to read; default: all"
    )
    header_row: int = Field(
        1, ge=1, description="row that names the columns; what stands above it is left aside"
    )


def sheets(part: Part, task: Task) -> list[tuple[str, Read]]:
    """Return the objects of a workbook, and how each is read.

    Raises:
        InputError: it cannot be opened, or lacks a sheet that the options name.
    """
    options = _options(task)
    if not part.path.stat().st_size:
        return [(options.object or part.path.stem, read_nothing)]
    names = _opened(part).sheet_names
    lacking = [name for name in options.sheets or () if name not in names]
    if lacking:
        problem = f"has no sheet {', '.join(lacking)}; its sheets are {', '.join(names)}"
        raise part.failure(problem, f"correct options in sources/{part.source}.yaml")
    chosen = options.sheets or names
    return [(options.object or name, partial(_read, name)) for name in chosen]


def read_nothing(part: Part, task: Task) -> Iterator[Batch]:  # noqa: ARG001 - see Read
    """Yield no rows: there are none outside of sheets."""
    yield from ()


def _read(sheet: str, part: Part, task: Task) -> Iterator[Batch]:
    header_row = _options(task).header_row
    table = _Sheet(part, _opened(part), sheet)
    names = table.header(header_row)
    lacking = [column for column in task.shape.columns if column not in names]
    if names and lacking:
        problem = f"has no column {', '.join(lacking)} in sheet {sheet}; it has {', '.join(names)}"
        raise part.failure(problem, f"correct options in sources/{part.source}.yaml")
    collector = Collector(task.shape, task.zone)
    for number, row in enumerate(table.rows(header_row, len(names)), start=header_row + 1):
        if any(value is not None for value in row):
            collector.mapping(f"{part.label}#{sheet}:{number}", _named(names, row))
            yield from collector.full()
    yield from collector.rest()


def _named(names: Mapping[str, bool], row: tuple[object, ...]) -> dict[str, object]:
    """Return a row as an object; a column without a name is in it where it is filled."""
    cells = zip(names.items(), row, strict=True)
    return {name: value for (name, is_named), value in cells if is_named or value is not None}


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A sheet of an open workbook."""

    part: Part
    book: fastexcel.ExcelReader
    name: str

    def header(self, row: int) -> dict[str, bool]:
        """Return the columns, and whether they are named; none where there is no such row."""
        cells = self._cells("string", row - 1, 1)
        texts = [(column.item(0) or "").strip() if len(column) else "" for column in cells]
        named = {name: bool(text) for name, text in zip(distinct(texts), texts, strict=True)}
        return named if any(texts) else {}

    def rows(self, header_row: int, columns: int) -> Iterator[tuple[object, ...]]:
        """Yield the rows below the header, each cell with its own type."""
        if not columns:
            return iter(())
        typed = [self._cells(kind, header_row) for kind in _KINDS]
        return zip(*map(_values, *typed), strict=True)

    def _cells(self, kind: Kind, skip: int, most: int | None = None) -> list[pl.Series]:
        """Return the columns with all cells as this type, null where they are none."""
        try:
            table = self.book.load_sheet(
                self.name, header_row=None, skip_rows=skip, n_rows=most, dtypes=kind
            )
        except fastexcel.InvalidParametersError:  # there are no more rows than these
            return []
        except fastexcel.FastExcelError as error:
            raise _broken(self.part, error) from error
        return table.to_polars().get_columns()


def _values(text: pl.Series, flag: pl.Series, moment: pl.Series, number: pl.Series) -> list[Any]:
    """Return the cells of a column: only what is no text and no date is true or false."""
    is_flag = flag.is_not_null() & text.is_in(_FLAGS)
    is_number = flag.is_not_null() & ~is_flag
    is_moment = flag.is_null() & moment.is_not_null()
    values: list[Any] = text.set(text.str.strip_chars() == "", None).to_list()
    for place in is_flag.arg_true():
        values[place] = flag[place]
    for place in is_number.arg_true():
        values[place] = _number(number[place])
    for place in is_moment.arg_true():
        values[place] = _iso(moment[place])
    return values


def _number(value: float) -> int | float:
    return int(value) if value.is_integer() and abs(value) < _EXACT else value


def _iso(moment: datetime) -> str:
    if moment.year < _FIRST_YEAR:
        return moment.time().isoformat()
    if moment.time() == time():
        return moment.date().isoformat()
    return moment.isoformat()


def _options(task: Task) -> SheetOptions:
    options = task.options
    assert isinstance(options, SheetOptions)  # noqa: S101 - every type with sheets extends them
    return options


def _opened(part: Part) -> fastexcel.ExcelReader:
    try:
        return fastexcel.read_excel(part.path)
    except fastexcel.FastExcelError as error:
        raise _broken(part, error) from error


def _broken(part: Part, error: Exception) -> InputError:
    said = str(error).splitlines()[0]
    return part.failure(f"cannot be read as a workbook ({said})", "deliver it again")
