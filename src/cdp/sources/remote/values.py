"""Rows that a driver or a library hands over as values, turned into batches.

Invariant: every row comes out exactly once, landed or rejected. Values are written as JSON has
them: decimals as text, digit by digit, moments as ISO 8601, bytes as base64, NaN as null.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, time, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import msgspec
import polars as pl

from cdp.sources import REJECTED, ROWS, Batch
from cdp.sources.wire.batch import KEY_DIGITS, LONGEST_ORIGINAL, MISSING_ID
from cdp.sources.wire.shape import as_key, moment, value_at

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo

_UNSET: Final = frozenset({"", "0", "f", "false", "n", "no"})
_UNWRITABLE: Final = (UnicodeError, TypeError, ValueError, OverflowError, RecursionError)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where key, time of change and the mark of deletion stand in a row.

    Attributes:
        key: fields of the key, joined by `|`; none: the content is the key.
        changed: field with the time of change.
        deleted: field that is set where the row is deleted: true, or a time of deletion.
    """

    key: tuple[str, ...]
    changed: str | None = None
    deleted: str | None = None


def batch(
    rows: Sequence[Mapping[str, Any]], layout: Layout, zone: tzinfo, label: str, first: int
) -> Batch:
    """Return rows as one batch; `first` is the number of the first one below this label."""
    numbers = range(first, first + len(rows))
    if not all(isinstance(row, dict) for row in rows):
        return _sifted(rows, layout, zone, _places(label, numbers))
    try:
        return _batch(rows, layout, zone, _places(label, numbers))
    except _UNWRITABLE:
        return _sifted(rows, layout, zone, _places(label, numbers))


def keys(rows: Sequence[Mapping[str, Any]], layout: Layout) -> pl.Series:
    """Return the key of each row, null where it has none."""
    parts = pl.DataFrame(
        {f"{at}": _key_texts(column(rows, field)) for at, field in enumerate(layout.key)}
    )
    joined = pl.concat_str(pl.all().fill_null(""), separator="|")
    return parts.select(
        pl.when(pl.any_horizontal(pl.all().is_not_null())).then(joined).alias("native_id")
    ).to_series()


def column(rows: Sequence[Mapping[str, Any]], field: str) -> list[object]:
    """Return the values of a field, or of a dotted path of nested names; None where it lacks."""
    if "." in field:
        return [value_at(row, field) for row in rows]
    return [row.get(field) for row in rows]


def moments(values: Sequence[object], zone: tzinfo) -> pl.Series:
    """Return moments (UTC, naive), null where one cannot be read; texts without zone are in it.

    Plain texts are read as a column, what is left one distinct value at a time.
    """
    if not all(value is None or isinstance(value, str) for value in values):
        return pl.Series([moment(_timely(value), zone) for value in values], dtype=_MOMENT)
    texts = pl.Series("text", values, dtype=pl.String)
    ahead = zone.utcoffset(None) if isinstance(zone, timezone) else None
    read = texts.str.strip_suffix("Z").str.to_datetime(
        "%Y-%m-%dT%H:%M:%S%.f", time_unit="us", strict=False, exact=True
    )
    is_utc = pl.col("text").str.ends_with("Z")
    local = pl.col("read") - ahead if ahead is not None else pl.lit(None, _MOMENT)
    frame = pl.DataFrame({"text": texts, "read": read})
    found = frame.select(pl.when(is_utc).then("read").otherwise(local)).to_series()
    left = texts.filter(found.is_null() & texts.is_not_null()).unique(maintain_order=True)
    if not len(left):
        return found
    others = pl.Series([moment(text, zone) for text in left.to_list()], dtype=_MOMENT)
    return found.fill_null(texts.replace_strict(left, others, default=None, return_dtype=_MOMENT))


def _batch(
    rows: Sequence[Mapping[str, Any]], layout: Layout, zone: tzinfo, places: Sequence[str]
) -> Batch:
    payloads = _WRITER.encode_lines(rows).decode().split("\n")[: len(rows)]
    sorted_texts = _SORTED.encode_lines(rows).split(b"\n")[: len(rows)]
    digests = pl.Series(map(_digest, sorted_texts), dtype=pl.String)
    changed = column(rows, layout.changed) if layout.changed else [None] * len(rows)
    frame = pl.DataFrame(
        {
            "native_id": keys(rows, layout) if layout.key else digests.str.slice(0, KEY_DIGITS),
            "changed_at": moments(changed, zone),
            "locator": pl.Series(places, dtype=pl.String),
            "content_hash": digests,
            "payload": pl.Series(payloads, dtype=pl.String),
            "is_deleted": _deleted(rows, layout),
        }
    )
    has_key = pl.col("native_id").is_not_null()
    rejected = frame.filter(~has_key).select(
        "locator",
        pl.lit("missing_id").alias("reason"),
        pl.lit(MISSING_ID).alias("message"),
        pl.col("payload").str.slice(0, LONGEST_ORIGINAL).alias("original"),
    )
    return Batch(frame.filter(has_key).cast(ROWS), rejected.cast(REJECTED))


def _sifted(
    rows: Sequence[Mapping[str, Any]], layout: Layout, zone: tzinfo, places: Sequence[str]
) -> Batch:
    """Return rows as one batch, rejected what is no object or cannot be written as JSON."""
    good, bad = [], []
    for at, row in enumerate(rows):
        problem = _problem(row)
        if problem is None:
            good.append(at)
        else:
            bad.append((places[at], *problem, _ascii(repr(row))))
    kept = _batch([rows[at] for at in good], layout, zone, [places[at] for at in good])
    refused = pl.DataFrame(bad, schema=REJECTED, orient="row")
    return Batch(kept.rows, pl.concat([kept.rejected, refused]))


def _problem(row: object) -> tuple[str, str] | None:
    """Return reason and message of what is no row; None: it is one."""
    if not isinstance(row, dict):
        return "not_an_object", f"expected an object, found {type(row).__name__}"
    try:
        _WRITER.encode(row)
    except _UNWRITABLE as error:
        return "not_json", _ascii(f"its values cannot be written as JSON: {error}")
    return None


def _places(label: str, numbers: range) -> list[str]:
    return [f"{label}:{number}" for number in numbers]


def _deleted(rows: Sequence[Mapping[str, Any]], layout: Layout) -> pl.Series:
    marks = column(rows, layout.deleted) if layout.deleted else [None] * len(rows)
    return pl.Series([_is_set(mark) or None for mark in marks], dtype=pl.Boolean)


def _is_set(value: object) -> bool:
    return value.strip().lower() not in _UNSET if isinstance(value, str) else bool(value)


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def _key_texts(values: Sequence[object]) -> pl.Series:
    kinds = set(map(type, values))
    texts = list(map(str if kinds == {int} else _key_text, values))
    return pl.Series(texts, dtype=pl.String)


def _key_text(value: object) -> str | None:
    """Return a key as text, None when there is nothing in it that could be one."""
    if isinstance(value, Decimal):
        is_whole = value.is_finite() and value == value.to_integral_value()
        return str(int(value)) if is_whole else str(value)
    if isinstance(value, UUID | date):
        return str(value)
    return value.hex() or None if isinstance(value, bytes | memoryview) else as_key(value)


def _timely(value: object) -> object:
    """Return a day as its beginning, everything else as it is."""
    is_day = isinstance(value, date) and not isinstance(value, datetime)
    return str(value) if is_day else value


def _plain(value: object) -> object:
    """Return what JSON has for a value of a library's own type: that of its base, or its text."""
    if isinstance(value, date | time):
        return value.isoformat()
    base = next((base for base in _BASES if isinstance(value, base)), str)
    return base(value)


def _ascii(text: str) -> str:
    return text.encode("ascii", "backslashreplace").decode()[:LONGEST_ORIGINAL]


_BASES: Final[tuple[type[Any], ...]] = (Decimal, str, int, float, bytes)
_MOMENT: Final = pl.Datetime("us")
_WRITER: Final = msgspec.json.Encoder(enc_hook=_plain)
_SORTED: Final = msgspec.json.Encoder(enc_hook=_plain, order="sorted")
