"""JSON documents of many lines at once: decoded and hashed by the library, the rest by columns.

Invariant: it gives what `Collector` gives row by row; lines that are not all plain documents are
left to it. The hash is of the document with its keys sorted, which only a JSON library can give.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timezone
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import msgspec
import polars as pl

from cdp.sources.wire.batch import BLANKS, KEY_DIGITS, parted
from cdp.sources.wire.shape import FirstOf, LatestOf, as_key, moment, value_at

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, tzinfo

    from cdp.sources import Batch
    from cdp.sources.wire.shape import KeyOf, Row, Shape

_SURROGATE: Final = re.compile("[\\ud800-\\udfff]")
_PLAIN: Final = r"^[12]\d{3}-\d\d-\d\d[T ]([01]\d|2[0-3]):\d\d:\d\d(\.\d{1,6})?Z?$"
_FORMAT: Final = "%Y-%m-%dT%H:%M:%S%.f"


@dataclass(frozen=True, slots=True)
class Numbers:
    """Where lines stand: the file's name, and the number of the first of them."""

    label: str
    first: int


@dataclass(frozen=True, slots=True)
class Documents:
    """Lines that are a JSON object each, and the objects."""

    texts: list[str]
    rows: list[dict[str, Any]]


def documents(lines: Sequence[str], unfolds: str | None) -> Documents | None:
    """Return the lines decoded; None where one is no JSON object, or has the field `unfolds`."""
    texts = [line.strip() for line in lines]
    whole = "".join(texts)
    if not whole.isascii() and _SURROGATE.search(whole) is not None:
        return None
    try:
        rows = list(map(msgspec.json.Decoder(dict[str, Any]).decode, texts))
    except (msgspec.MsgspecError, RecursionError):
        return None
    if unfolds is not None and any(unfolds in row for row in rows):
        return None
    return Documents(texts, rows)


def together(found: Documents, numbers: Numbers, shape: Shape, zone: tzinfo) -> Batch:
    """Return the documents as one batch."""
    encode = msgspec.json.Encoder(order="sorted").encode
    hashes = pl.Series([sha256(encoded).hexdigest() for encoded in map(encode, found.rows)])
    keys = hashes.str.slice(0, KEY_DIGITS) if shape.key is None else _keys(found.rows, shape.key)
    frame = pl.DataFrame(
        {
            "native_id": keys,
            "changed_at": _changed(found.rows, shape, zone),
            "number": range(numbers.first, numbers.first + len(found.rows)),
            "content_hash": hashes,
            "payload": found.texts,
        }
    )
    return parted(frame, numbers.label)


def _keys(rows: list[dict[str, Any]], key: KeyOf) -> pl.Series:
    if isinstance(key, FirstOf) and key.clean is as_key and len(key.fields) == 1:
        values = _values(rows, key.fields[0])
        if set(map(type, values)) == {str}:
            stripped = pl.Series(values, dtype=pl.String).str.strip_chars(BLANKS)
            return stripped.set(stripped == "", None)
    return pl.Series([key(row) for row in rows], dtype=pl.String)


def _changed(rows: list[dict[str, Any]], shape: Shape, zone: tzinfo) -> pl.Series:
    if not isinstance(shape.changed, LatestOf):
        found = [shape.changed(row, zone) for row in rows]
        return pl.Series(found, dtype=pl.Datetime("us"))
    series = pl.repeat(None, len(rows), dtype=pl.Datetime("us"), eager=True)
    for field in shape.changed.fields:
        if not series.null_count():
            break
        series = series.fill_null(moments(_values(rows, field), zone))
    return series


def _values(rows: Sequence[Row], field: str) -> list[object]:
    if "." not in field:
        return [row.get(field) for row in rows]
    return [value_at(row, field) for row in rows]


def moments(values: list[object], zone: tzinfo) -> pl.Series:
    """Return each value as a moment in UTC, null where it is none: plain texts by whole columns."""
    if not set(map(type, values)) <= {str, type(None)}:
        return pl.Series([moment(value, zone) for value in values], dtype=pl.Datetime("us"))
    texts = pl.Series(values, dtype=pl.String)
    found = _plain(texts, zone)
    left = texts.filter(found.is_null() & texts.is_not_null()).unique()
    if not len(left):
        return found
    read: list[datetime | None] = [moment(text, zone) for text in left.to_list()]
    others = pl.Series(read, dtype=pl.Datetime("us"))
    return found.fill_null(texts.replace_strict(left, others, default=None))


def _plain(texts: pl.Series, zone: tzinfo) -> pl.Series:
    """Return the moments that are written as ISO 8601 has them, where the zone is of no matter."""
    pattern = _PLAIN if isinstance(zone, timezone) else _PLAIN.replace("Z?", "Z")
    plain = texts.set(~texts.str.contains(pattern).fill_null(value=False), None)
    read = plain.str.strip_suffix("Z").str.replace(" ", "T", literal=True)
    found = read.str.to_datetime(_FORMAT, strict=False, time_unit="us")
    ahead = zone.utcoffset(None)
    if ahead:
        local = ~plain.str.ends_with("Z").fill_null(value=True)
        found = found.zip_with(~local, found - ahead)
    return found
