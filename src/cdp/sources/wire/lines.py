"""Read text files line by line, whatever their encoding, line ends or byte order mark.

A line that does not fit the encoding is handed on with the bytes it could not read, so that only
that line is lost and a wrong setting is seen at once.
"""

from __future__ import annotations

import codecs
import re
from itertools import islice
from typing import TYPE_CHECKING

from pydantic import Field, field_validator

from cdp.settings import Strict
from cdp.sources.wire.batch import BATCH_ROWS, Collector
from cdp.sources.wire.documents import Numbers, documents, together

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cdp.sources import Batch
    from cdp.sources.wire.files import Part, Task

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SURROGATE = re.compile("[\ud800-\udfff]")


class TextOptions(Strict):
    """How text files are written."""

    encoding: str = Field("utf-8", description="encoding of the files; a byte order mark wins")

    @field_validator("encoding")
    @classmethod
    def _known(cls, value: str) -> str:
        try:
            codecs.lookup(value)
        except LookupError:
            msg = f"unknown encoding {value!r}; use utf-8, cp1252, iso-8859-1, utf-16, ..."
            raise ValueError(msg) from None
        return value


def encoding_of(head: bytes, declared: str) -> str:
    """Return the encoding that a byte order mark tells, else the declared one."""
    return next((name for mark, name in _MARKS if head.startswith(mark)), declared)


def lines(part: Part, encoding: str) -> Iterator[str]:
    """Yield the lines with their ends; bytes outside the encoding come as lone surrogates."""
    with part.path.open("rb") as file:
        found = encoding_of(file.read(4), encoding)
    with part.path.open(encoding=found, errors="surrogateescape", newline="") as text:
        yield from text


def is_readable(line: str) -> bool:
    """Return whether every byte of the line fitted the encoding."""
    return line.isascii() or _SURROGATE.search(line) is None


def shown(line: str) -> str:
    """Return the line with unreadable bytes as hexadecimal escapes."""
    return line.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def reject_unreadable(collector: Collector, locator: str, line: str, encoding: str) -> None:
    """Add a line that does not fit the encoding as a rejected piece."""
    message = f"not {encoding}; if the file has another encoding, set options.encoding"
    collector.reject(locator, "wrong_encoding", message, shown(line.rstrip("\r\n")))


def json_lines(
    unfold: Callable[[str, str, Collector], None], unfolds: str | None = None
) -> Callable[[Part, Task], Iterator[Batch]]:
    """Return a reader of files with one JSON document a line; `unfold` adds the rows of a line.

    Where `unfolds` names no field, or none of the documents has it, each of them is one row.
    """

    def read(part: Part, task: Task) -> Iterator[Batch]:
        encoding = getattr(task.options, "encoding", "utf-8")
        collector = Collector(task.shape, task.zone)
        source, first = lines(part, encoding), 1
        while some := list(islice(source, BATCH_ROWS)):
            whole = documents(some, unfolds)
            if whole is not None:
                yield together(whole, Numbers(part.label, first), task.shape, task.zone)
            else:
                for number, line in enumerate(some, start=first):
                    locator = f"{part.label}:{number}"
                    if not is_readable(line):
                        reject_unreadable(collector, locator, line, encoding)
                    elif text := line.strip():
                        unfold(locator, text, collector)
                yield from collector.rest()
            first += len(some)

    return read


def one_row(locator: str, text: str, collector: Collector) -> None:
    """Add the line as one row."""
    collector.text(locator, text)
