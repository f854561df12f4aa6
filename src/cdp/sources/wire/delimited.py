"""Read delimited text: the first line names the columns, every row becomes an object of strings.

A quote that is never closed costs its own line, not the rest of the file: when a record over
several lines does not come out right, only its first line is rejected and reading goes on with
the second.
"""

from __future__ import annotations

import codecs
import csv
from collections import Counter, deque
from typing import TYPE_CHECKING

from pydantic import Field

from cdp.sources.wire.batch import Collector
from cdp.sources.wire.columnar import read_table
from cdp.sources.wire.lines import TextOptions, is_readable, lines, reject_unreadable
from cdp.sources.wire.plain import plain_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cdp.sources import Batch
    from cdp.sources.wire.delivery import Part, Task

_DELIMITERS = (",", ";", "\t", "|")
_MEND = "correct the file, or what the source's YAML says of its columns and delimiter"


class CsvOptions(TextOptions):
    """How delimited text is written."""

    delimiter: str | None = Field(
        None,
        min_length=1,
        max_length=1,
        description="character between fields; default: the one the header line uses most",
    )


class _Tape:
    """Lines that can be put back; `taken` holds those of the record at hand."""

    def __init__(self, source: Iterator[str]) -> None:
        self._source = source
        self._back: deque[str] = deque()
        self.taken: list[str] = []
        self.number = 0

    def __iter__(self) -> _Tape:
        return self

    def __next__(self) -> str:
        line = self._back.popleft() if self._back else next(self._source)
        self.taken.append(line)
        self.number += 1
        return line

    def begin(self) -> int:
        """Forget the last record and return the number of the line that comes next."""
        self.taken.clear()
        return self.number + 1

    def keep_first(self) -> None:
        """Put back all lines of the record but its first."""
        self._back.extendleft(reversed(self.taken[1:]))
        self.number -= len(self.taken) - 1
        del self.taken[1:]

    def peek(self) -> str:
        """Return the next line without taking it, nothing at the end."""
        line = next(self, "")
        if line:
            self._back.appendleft(line)
            self.number -= 1
        return line


def read_csv(part: Part, task: Task, named: Callable[[str], str] = str) -> Iterator[Batch]:
    """Yield the rows of a delimited file; `named` is what a column that it has is called.

    Raises:
        InputError: the header cannot be read or lacks a column that the type depends on.
    """
    options = task.options
    if not isinstance(options, CsvOptions):
        options = CsvOptions.model_validate({})
    tape = _Tape(lines(part, options.encoding))
    delimiter = options.delimiter or _delimiter(tape.peek())
    reader = csv.reader(tape, delimiter=delimiter, strict=True)
    header = _header(part, task, tape, reader, named)
    if codecs.lookup(options.encoding).name == "utf-8" and tape.number == 1:
        table = plain_table(part, task, header, delimiter)
        if table is not None:
            yield from read_table(table, task.shape, task.zone)
            return
    collector = Collector(task.shape, task.zone)
    while header:
        locator = f"{part.label}:{tape.begin()}"
        try:
            fields = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            _reject(collector, locator, tape, "broken_csv", f"the row cannot be split: {error}")
            continue
        _add(collector, locator, (header, fields), tape, options.encoding)
        yield from collector.full()
    yield from collector.rest()


def _add(
    collector: Collector,
    locator: str,
    row: tuple[list[str], list[str]],
    tape: _Tape,
    encoding: str,
) -> None:
    header, fields = row
    if not all(is_readable(line) for line in tape.taken):
        tape.keep_first()
        reject_unreadable(collector, locator, tape.taken[0], encoding)
    elif len(fields) == len(header):
        collector.mapping(locator, dict(zip(header, fields, strict=True)))
    elif fields:
        message = f"{len(fields)} fields where the header names {len(header)}"
        _reject(collector, locator, tape, "wrong_field_count", message)


def _reject(collector: Collector, locator: str, tape: _Tape, reason: str, message: str) -> None:
    tape.keep_first()
    collector.reject(locator, reason, message, tape.taken[0].rstrip("\r\n"))


def _header(
    part: Part,
    task: Task,
    tape: _Tape,
    reader: Iterator[list[str]],
    named: Callable[[str], str],
) -> list[str]:
    """Return the columns, each with a name of its own; none for an empty file."""
    try:
        header = next((fields for fields in reader if fields), [])
    except csv.Error as error:
        problem = f"has no readable header line ({error})"
        raise part.failure(problem, _MEND) from error
    if not all(is_readable(line) for line in tape.taken):
        problem = "has a header that does not fit its encoding"
        raise part.failure(problem, f"set options.encoding in sources/{part.source}.yaml")
    names = distinct([named(column) for column in header])
    lacking = [column for column in task.shape.columns if column not in names]
    if names and lacking:
        problem = f"has no column {', '.join(lacking)}; its columns are {', '.join(names)}"
        raise part.failure(problem, _MEND)
    return names


def distinct(header: list[str]) -> list[str]:
    """Return the names with a second `a` as `a#2` and a missing one as `column_3`."""
    seen: Counter[str] = Counter()
    names = []
    for number, column in enumerate(header, start=1):
        name = column.strip() or f"column_{number}"
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return names


def _delimiter(header: str) -> str:
    return max(_DELIMITERS, key=header.count)
