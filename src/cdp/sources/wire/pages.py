"""Read JSON pages: one document a file, the rows in an array inside it, one page in memory.

A page that breaks off gives its whole rows; what follows the last whole row is one rejected piece.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from cdp.sources.wire.batch import Collector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cdp.sources import Batch
    from cdp.sources.wire.files import Part, Task

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
    if _starts(body, "["):
        return _array(body)
    inner = _DOCUMENT.decode(body)
    return _array(inner["results"]) if "results" in inner else [body]


def _graphql_rows(document: dict[str, msgspec.Raw]) -> list[msgspec.Raw]:
    for connection in _DOCUMENT.decode(document["data"]).values():
        inner = _DOCUMENT.decode(connection) if _starts(connection, "{") else {}
        if "nodes" in inner:
            return _array(inner["nodes"])
        if "edges" in inner:
            return [_DOCUMENT.decode(edge)["node"] for edge in _array(inner["edges"])]
    raise LookupError


ODATA = Layout(_odata_rows, re.compile(r'"results"\s*:\s*\['))
GRAPHQL = Layout(_graphql_rows, re.compile(r'"nodes"\s*:\s*\['))


def pages(layout: Layout) -> Callable[[Part, Task], Iterator[Batch]]:
    """Return a reader of pages with this layout."""

    def read(part: Part, task: Task) -> Iterator[Batch]:
        collector = Collector(task.shape, task.zone)
        _read_page(layout, part, collector)
        yield from collector.rest()

    return read


def _read_page(layout: Layout, part: Part, collector: Collector) -> None:
    raw = part.path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"the page is not UTF-8 ({error.reason} at byte {error.start})"
        collector.reject(part.label, "wrong_encoding", message, raw.decode("latin-1"))
        return
    if not text.strip():
        return
    try:
        rows = layout.rows(_DOCUMENT.decode(text))
    except (msgspec.MsgspecError, RecursionError) as error:
        _recover(layout, part, text, error, collector)
    except LookupError:
        message = "the page holds no rows where this type of source keeps them"
        collector.reject(part.label, "unexpected_page", message, text)
    else:
        for index, row in enumerate(rows):
            collector.text(f"{part.label}#{index}", bytes(row).decode())


def _recover(layout: Layout, part: Part, text: str, error: Exception, collector: Collector) -> None:
    """Add the whole rows before the break, and what follows as one rejected piece."""
    start = layout.opening.search(text)
    if start is None:
        message = f"the page is no JSON document: {error}"
        collector.reject(part.label, _kind(error), message, text)
        return
    decoder, index, at = json.JSONDecoder(), 0, start.end()
    while True:
        found = _BETWEEN.match(text, at)
        at = found.end() if found else at
        try:
            _, end = decoder.raw_decode(text, at)
        except (json.JSONDecodeError, RecursionError):
            break
        collector.text(f"{part.label}#{index}", text[at:end])
        index, at = index + 1, end
    message = f"the page breaks off after {index} whole rows: {error}"
    collector.reject(f"{part.label}#{index}", _kind(error), message, text[at:])


def _kind(error: Exception) -> str:
    return "truncated_json" if "truncated" in str(error) else "broken_json"


def _starts(raw: msgspec.Raw, character: str) -> bool:
    return bytes(raw[:1] if isinstance(raw, bytes) else bytes(raw)[:1]) == character.encode()


def _array(raw: msgspec.Raw) -> list[msgspec.Raw]:
    rows: list[Any] = msgspec.json.decode(raw, type=list[msgspec.Raw])
    return rows
