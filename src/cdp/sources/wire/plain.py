"""Delimited files that are plain, so that they may be read by whole columns.

Plain is what two readers of CSV cannot read differently: UTF-8, one kind of line end, as many
fields in each line as the header names, no blanks beside quotes, no empty lines.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlglot import exp

from cdp.sources.wire.columnar import Column, Table, call, is_columnar, text
from cdp.store import Statement, Warehouse, scratch
from cdp.store.stream import batches
from cdp.store.warehouse import WarehouseError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cdp.sources.wire.delivery import Part, Task

LARGE: Final = 1 << 18
"""Bytes from which on a file is worth a look at whether it is plain."""
_CHUNK: Final = 1 << 22
# NUL, blanks beside quotes, and the control characters that JSON writers spell in two ways.
_ODD: Final = (b"\0", *(bytes([c]) for c in (11, 14, 15, *range(26, 32))))
_ODD_QUOTED: Final = (b' "', b'" ')


@dataclass(frozen=True, slots=True)
class _Marks:
    """What the bytes of a file say of how it can be read."""

    lines: int
    is_odd: bool


def plain_table(part: Part, task: Task, header: list[str], delimiter: str) -> Table | None:
    """Return how to read the file by whole columns; None where it is not plain."""
    folded = {name.casefold() for name in header}
    known = len(folded) == len(header) > 1 and is_columnar(task.shape)
    if not known or part.path.stat().st_size < LARGE:
        return None
    marks = _marks(part.path)
    if marks.is_odd:
        return None
    names = [f"c{index}" for index in range(len(header))]
    rows = _reader(part.path, names, delimiter)
    breaks = _breaks(names)
    found = _counted(rows, breaks)
    if found is None or found[0] + found[1] + 1 != marks.lines:
        return None
    columns = tuple(_column(name, raw) for name, raw in zip(header, names, strict=True))
    return Table(_numbered(rows, names, breaks if found[1] else None), columns, part.label)


def _marks(path: Path) -> _Marks:
    lines, returns, pairs, is_odd, last = 0, 0, 0, False, b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            seen = last + chunk
            lines += chunk.count(b"\n")
            if b"\r" in seen:
                returns += chunk.count(b"\r")
                pairs += seen.count(b"\r\n")
            is_odd = is_odd or any(odd in seen for odd in _ODD)
            is_odd = is_odd or (b'"' in seen and any(odd in seen for odd in _ODD_QUOTED))
            last = chunk[-1:]
    if last != b"\n":
        lines += 1
    mixed = returns != pairs or (returns > 0 and returns not in {lines, lines - 1})
    return _Marks(lines, is_odd or mixed)


def _reader(path: Path, names: Sequence[str], delimiter: str) -> exp.Expr:
    settings: dict[str, exp.Expr] = {
        "columns": exp.Struct(
            expressions=[
                exp.PropertyEQ(
                    this=exp.to_identifier(name, quoted=True), expression=text("VARCHAR")
                )
                for name in names
            ]
        ),
        "auto_detect": exp.false(),
        "header": exp.false(),
        "skip": exp.Literal.number(1),
        "delim": text(delimiter),
        "quote": text('"'),
        "escape": text('"'),
        "strict_mode": exp.true(),
        "null_padding": exp.false(),
    }
    return call(
        "read_csv",
        text(str(path)),
        *(exp.EQ(this=exp.column(key), expression=value) for key, value in settings.items()),
    )


def _breaks(names: Sequence[str]) -> exp.Expr:
    """Return the line ends inside the fields of a row."""
    whole = call("concat", *(exp.column(name) for name in names))
    bare = call("replace", whole, call("chr", exp.Literal.number(10)), text(""))
    return exp.Paren(this=exp.Sub(this=call("strlen", whole), expression=call("strlen", bare)))


def _counted(rows: exp.Expr, breaks: exp.Expr) -> tuple[int, int] | None:
    """Return the rows and the line ends inside them; None where the file cannot be read so.

    Every field is looked at, so that what can be counted can be read.
    """
    total = exp.cast(call("coalesce", call("sum", breaks), exp.Literal.number(0)), "bigint")
    query = exp.select(call("count").as_("n"), total.as_("breaks")).from_(rows)
    statement = Statement(
        "cdp.sources/plain", query.sql("duckdb"), "the file", "global", (), (), (), "step.row"
    )
    with closing(scratch(threads=2, memory_limit="1GB")) as connection:
        try:
            found = [b.to_pylist() for b in batches(Warehouse(connection), statement, 1)]
        except WarehouseError:
            return None
    return int(found[0][0]["n"]), int(found[0][0]["breaks"])


def _numbered(rows: exp.Expr, names: Sequence[str], breaks: exp.Expr | None) -> exp.Select:
    """Return the rows with the line that each begins on; the header is line 1."""
    number: exp.Expr = exp.Window(this=call("row_number"))
    if breaks is not None:
        before = exp.Window(
            this=call("sum", breaks),
            spec=exp.WindowSpec(
                kind="ROWS", start="UNBOUNDED", start_side="PRECEDING", end="CURRENT ROW"
            ),
        )
        number = exp.Sub(this=exp.Add(this=number, expression=before), expression=breaks)
    line = exp.cast(exp.Add(this=number, expression=exp.Literal.number(1)), "bigint")
    return exp.select(line.as_("number"), *names).from_(rows)


def _column(name: str, raw: str) -> Column:
    """Return a column of texts, in which nothing is an empty text."""
    value = call("coalesce", exp.column(raw), text(""))
    return Column(name, value, value)
