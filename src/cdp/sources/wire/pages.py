"""Read JSON pages: one document a file, the rows in an array inside it, one page in memory.

A page that breaks off gives its whole rows; what follows the last whole row is one rejected piece.
A row with bytes that are no UTF-8 is rejected, the others of its page are not.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from cdp.sources.wire.batch import Collector
from cdp.sources.wire.documents import page_of
from cdp.sources.wire.lines import encoding_of, is_readable, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cdp.sources import Batch
    from cdp.sources.wire.delivery import Part, Task

_DOCUMENT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_BETWEEN = re.compile(r"[\s,]*")


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the rows of a page are.

    Attributes:
        rows: takes a page's top level and returns its rows; raises LookupError when it is none.
        opening: what stands right before the rows, to find them in a page that breaks off.
    """

    rows: Callable[[dict[str, msgspec.Raw]], list[msgspec.Raw]]
    opening: re.Pattern[str]


def _odata_rows(document: dict[str, msgspec.Raw]) -> list[msgspec.Raw]:
    body = document["d"]
    if bytes(body).startswith(b"["):
        return _array(body)
    inner = _DOCUMENT.decode(body)
    return _array(inner["results"]) if "results" in inner else [body]


def _graphql_rows(document: dict[str, msgspec.Raw]) -> list[msgspec.Raw]:
    for connection in _DOCUMENT.decode(document["data"]).values():
        inner = _DOCUMENT.decode(connection)
        if "nodes" in inner:
            return _array(inner["nodes"])
        if "edges" in inner:
            return [_DOCUMENT.decode(edge)["node"] for edge in _array(inner["edges"])]
    raise LookupError


# Anchored at the start, so that an array inside a row is never taken for the rows of the page.
_ODATA_OPENING = re.compile(
    r'\s*\{\s*"d"\s*:\s*(?:\{\s*(?:"__\w+"\s*:\s*"[^"]*"\s*,\s*)*"results"\s*:\s*)?\['
)
_GRAPHQL_OPENING = re.compile(
    r'\s*\{\s*"data"\s*:\s*\{\s*"\w+"\s*:\s*\{\s*(?:"pageInfo"\s*:\s*\{[^{}]*\}\s*,\s*)?'
    r'"nodes"\s*:\s*\['
)
ODATA = Layout(_odata_rows, _ODATA_OPENING)
GRAPHQL = Layout(_graphql_rows, _GRAPHQL_OPENING)


def pages(layout: Layout) -> Callable[[Part, Task], Iterator[Batch]]:
    """Return a reader of pages with this layout."""

    def read(part: Part, task: Task) -> Iterator[Batch]:
        yield from page(layout, part.label, part.path.read_bytes(), task)

    return read


def page(layout: Layout, label: str, raw: bytes, task: Task) -> Iterator[Batch]:
    """Yield the rows of one page."""
    collector = Collector(task.shape, task.zone)
    text = raw.decode(encoding_of(raw, "utf-8"), errors="surrogateescape")
    if text.strip():
        yield from _Page(layout, label, text, collector).read(task)
    yield from collector.rest()


@dataclass(frozen=True, slots=True)
class _Page:
    """One page being read; bytes that are no UTF-8 are lone surrogates in its text."""

    layout: Layout
    label: str
    text: str
    collector: Collector

    def read(self, task: Task) -> Iterator[Batch]:
        """Yield the rows at once; where that cannot be, add every row, or what can be told."""
        if not is_readable(self.text):
            self._row_by_row("wrong_encoding", "the page is not UTF-8")
            return
        try:
            rows = self.layout.rows(_DOCUMENT.decode(self.text.encode()))
        except (LookupError, msgspec.ValidationError):
            message = "the page holds no rows where this type of source keeps them"
            self.collector.reject(self.label, "unexpected_page", message, self.text)
        except (msgspec.DecodeError, RecursionError) as error:
            reason = "truncated_json" if "truncated" in str(error) else "broken_json"
            self._row_by_row(reason, str(error), is_whole=False)
        else:
            texts = [bytes(row) for row in rows]
            batch = page_of(texts, self.label, task.shape, task.zone)
            if batch is not None:
                yield batch
                return
            for index, text in enumerate(texts):
                self.collector.text(f"{self.label}#{index}", text.decode())

    def _row_by_row(self, reason: str, problem: str, *, is_whole: bool = True) -> None:
        """Add the rows up to where the page breaks, and what follows as one rejected piece."""
        start = self.layout.opening.match(self.text)
        if start is None:
            self.collector.reject(self.label, reason, problem, shown(self.text))
            return
        index, at = self._whole_rows(start.end())
        if not (is_whole and self.text.startswith("]", at)):
            message = f"the page breaks off after {index} rows: {problem}"
            rest = shown(self.text[at:])
            self.collector.reject(f"{self.label}#{index}", reason, message, rest)

    def _whole_rows(self, at: int) -> tuple[int, int]:
        """Add the rows from this place on; return how many, and where the last one ends."""
        decoder, index = json.JSONDecoder(), 0
        while True:
            at = _after(_BETWEEN, self.text, at)
            try:
                _, end = decoder.raw_decode(self.text, at)
            except (json.JSONDecodeError, RecursionError):
                return index, at
            row, locator = self.text[at:end], f"{self.label}#{index}"
            if is_readable(row):
                self.collector.text(locator, row)
            else:
                self.collector.reject(locator, "wrong_encoding", "not UTF-8", shown(row))
            index, at = index + 1, end


def _after(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found is not None else at


def _array(raw: msgspec.Raw) -> list[msgspec.Raw]:
    rows: list[msgspec.Raw] = msgspec.json.decode(raw, type=list[msgspec.Raw])
    return rows
