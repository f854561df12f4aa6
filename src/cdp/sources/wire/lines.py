"""Read text files line by line, whatever their encoding, line ends or byte order mark.

A line that does not fit the encoding is handed on with the bytes it could not read, so that only
that line is lost and a wrong setting is seen at once.
"""

from __future__ import annotations

import codecs
import io
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from pydantic import Field, field_validator

from cdp.settings import Strict
from cdp.sources.wire.batch import BATCH_ROWS, Collector
from cdp.sources.wire.documents import Numbers, documents, lined, together

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cdp.sources import Batch
    from cdp.sources.wire.delivery import Part, Task
    from cdp.sources.wire.documents import Documents

_BLOCK: Final = 1 << 22  # bytes that are read at once, up to the end of a line
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


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
    try:
        line.encode()
    except UnicodeEncodeError:
        return False
    return True


def shown(line: str) -> str:
    """Return the line with unreadable bytes as hexadecimal escapes."""
    return line.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def reject_unreadable(collector: Collector, locator: str, line: str, encoding: str) -> None:
    """Add a line that does not fit the encoding as a rejected piece."""
    message = f"not {encoding}; if the file has another encoding, set options.encoding"
    collector.reject(locator, "wrong_encoding", message, shown(line.rstrip("\r\n")))


@dataclass(frozen=True, slots=True)
class _Block:
    """Some lines of a file as they lie there, each with its end; UTF-8 unless `texts` has them."""

    raw: bytes
    texts: list[str]
    encoding: str

    def together(self, unfolds: str | None, numbers: Numbers, task: Task) -> Batch | None:
        """Return the lines as one batch, where each is a document of UTF-8."""
        found = self._documents(unfolds, task) if self.raw else None
        return None if found is None else together(found, numbers, task.shape, task.zone)

    def _documents(self, unfolds: str | None, task: Task) -> Documents | None:
        if b"\r" not in self.raw:
            found = lined(self.raw, unfolds, task.shape)
            if found is not None:
                return found
        elif self.raw.count(b"\r") != self.raw.count(b"\r\n"):
            return None  # one that stands alone ends a line as well
        lines = self.raw.removesuffix(b"\n").split(b"\n")
        return documents([line.strip() for line in lines], unfolds, task.shape)

    def lines(self) -> Iterator[str]:
        """Yield the lines as texts: at whatever ends a line."""
        if self.texts:
            yield from self.texts
        else:
            yield from io.StringIO(self.raw.decode("utf-8", "surrogateescape"), newline="")


def _blocks(part: Part, encoding: str) -> Iterator[_Block]:
    """Yield the lines of a file, a bounded number or size at a time."""
    with part.path.open("rb") as file:
        head = file.read(4)
        if codecs.lookup(encoding_of(head, encoding)).name in {"utf-8", "utf-8-sig"}:
            file.seek(len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0)
            while raw := file.read(_BLOCK):
                yield _Block(raw if raw.endswith(b"\n") else raw + file.readline(), [], encoding)
            return
    texts = lines(part, encoding)
    while some := list(islice(texts, BATCH_ROWS)):
        yield _Block(b"", some, encoding)


def json_lines(
    unfold: Callable[[str, str, Collector], None], unfolds: str | None = None
) -> Callable[[Part, Task], Iterator[Batch]]:
    """Return a reader of files with one JSON document a line; `unfold` adds the rows of a line.

    Where `unfolds` names no field, or none of the documents has it, each of them is one row.
    """

    def read(part: Part, task: Task) -> Iterator[Batch]:
        collector, first = Collector(task.shape, task.zone), 1
        for block in _blocks(part, getattr(task.options, "encoding", "utf-8")):
            batch = block.together(unfolds, Numbers(f"{part.label}:", first), task)
            if batch is not None:
                yield batch
                first += len(batch.rows) + len(batch.rejected)
                continue
            for line in block.lines():
                locator, first = f"{part.label}:{first}", first + 1
                if not is_readable(line):
                    reject_unreadable(collector, locator, line, block.encoding)
                elif text := line.strip():
                    unfold(locator, text, collector)
            yield from collector.rest()

    return read


def one_row(locator: str, text: str, collector: Collector) -> None:
    """Add the line as one row."""
    collector.text(locator, text)
