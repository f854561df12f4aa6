"""A flat JSON object in a cell as rows; anything deeper needs polars and DuckDB."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from cdp.identity.documents import ROOT
from cdp.identity.small.beyond import BeyondSmallError
from cdp.identity.small.node import CALL, whole
from cdp.identity.small.table import TEXT, DataFrame
from cdp.identity.small.text import BLANKS

if TYPE_CHECKING:
    from collections.abc import Iterator

COLUMNS = ("uid", "part", "key", "value")
UNQUOTED = frozenset('"\\')
"""Characters of a key that the batch reads in its own way."""


def read_documents(texts: DataFrame, connection: object) -> DataFrame:  # noqa: ARG001 - as the other
    """Return (`uid`, `part`, `key`, `value`) for every value in the texts (`uid`, `text`)."""
    text = texts.node("text")
    if not texts.is_one:
        raise BeyondSmallError
    if text.is_just(None):
        return DataFrame(schema=dict.fromkeys(COLUMNS, TEXT))
    rows = whole(CALL, (text,), _rows, is_many=True)
    found = {
        name: whole(f"[row[{place}] for row in {{0}}]", (rows,), is_many=True)
        for place, name in enumerate(COLUMNS[1:])
    }
    uid = {COLUMNS[0]: texts.node(COLUMNS[0])}
    return DataFrame.of(uid | found, set(), whole("len({0})", (rows,)))


def _rows(text: str | None) -> list[tuple[str, str, str]]:
    if text is None or not text.strip(BLANKS):
        return []
    return [(ROOT[0], key, value) for key, value in _items(text)]


def _items(text: str) -> Iterator[tuple[str, str]]:
    try:
        document: Any = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise BeyondSmallError from error
    if not isinstance(document, dict):
        raise BeyondSmallError
    for key, value in document.items():
        if value is None:
            continue
        if not isinstance(value, str) or not UNQUOTED.isdisjoint(key):
            raise BeyondSmallError
        if value.strip(BLANKS):
            yield key, value


__all__ = ["ROOT", "read_documents"]
