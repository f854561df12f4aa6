"""Rows for people: whole where a program reads them, fitted to the screen where a person does.

Invariant: no value is cut; what cannot be printed is written as an escape, so that no value that a
source sent moves the cursor of a terminal.
"""

from __future__ import annotations

import shutil
import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import click
from rich.cells import cell_len

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Row = Sequence[object]

_GAP: Final = "  "


def screen_width() -> int | None:
    """Return the columns of the terminal that stdout is; None where it is a pipe or a file."""
    if not sys.stdout.isatty():
        return None
    return shutil.get_terminal_size().columns


def lines(columns: Sequence[str], rows: Sequence[Row], width: int | None) -> Iterator[str]:
    """Yield a table; where it is wider than `width`, each row with a line for each column."""
    texts = [[shown(value) for value in row] for row in rows]
    widths = [
        max(cell_len(name), *(cell_len(row[at]) for row in texts), 0)
        for at, name in enumerate(columns)
    ]
    if width is None or sum(widths) + len(_GAP) * (len(widths) - 1) <= width:
        right = [_is_numeric([row[at] for row in rows]) for at in range(len(columns))]
        yield click.style(_line(columns, widths, right), bold=True)
        yield from (_line(row, widths, right) for row in texts)
    else:
        yield from _apart(columns, texts)


def shown(value: object) -> str:
    """Return a value in one line that can be printed; nothing for null."""
    text = "" if value is None else str(value)
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _line(texts: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    cells = []
    for text, width, is_right in zip(texts, widths, right, strict=True):
        blanks = " " * (width - cell_len(text))
        cells.append(blanks + text if is_right else text + blanks)
    return _GAP.join(cells).rstrip()


def _is_numeric(values: Sequence[object]) -> bool:
    """Return whether a column is of numbers, which stand below each other from the right."""
    some = [value for value in values if value is not None]
    return bool(some) and all(
        isinstance(value, int | float | Decimal) and not isinstance(value, bool) for value in some
    )


def _apart(columns: Sequence[str], texts: Sequence[Sequence[str]]) -> Iterator[str]:
    width = max(cell_len(name) for name in columns)
    for number, row in enumerate(texts, start=1):
        yield click.style(f"row {number:,}", bold=True)
        for name, text in zip(columns, row, strict=True):
            yield f"{_GAP}{name}{' ' * (width - cell_len(name))}{_GAP}{text}".rstrip()
