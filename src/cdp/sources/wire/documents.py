"""Many JSON documents at once: decoded and hashed by the library, the rest by columns.

Invariant: it gives what `Collector` gives row by row; texts that are not all plain documents are
left to it. The hash is of the document with its keys sorted, which only a JSON library can give.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timezone
from functools import lru_cache
from hashlib import sha256
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

import msgspec
import polars as pl

from cdp.sources.wire.batch import BLANKS, KEY_DIGITS, parted
from cdp.sources.wire.shape import (
    AllOf,
    FirstOf,
    LatestOf,
    Marked,
    as_key,
    is_set,
    moment,
    never,
    value_at,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime, tzinfo

    from cdp.sources import Batch
    from cdp.sources.wire.shape import KeyOf, Row, Shape

    _Decode = Callable[[msgspec.json.Decoder[Any]], list[Any]]

_PLAIN: Final = r"^[12]\d{3}-\d\d-\d\d[T ]([01]\d|2[0-3]):\d\d:[0-5]\d(\.\d{1,6})?Z?$"
_UTC: Final = "%Y-%m-%dT%H:%M:%SZ"
_UTC_LENGTH: Final = len("2026-01-02T03:04:05Z")
_ODD_UTC: Final = r":60Z$|[^0-9TZ:-]|^[^12]"  # what one reader takes for a moment and others do not
_FORMAT: Final = "%Y-%m-%dT%H:%M:%S%.f"
_OFFSET_UTC: Final = r"\+00:?00$"
_ODATA_BEGINS: Final = "/Date("
_ODATA: Final = r"^/Date\((-?[0-9]{1,13})([+-][0-9]{4})?\)/$"  # milliseconds, years 1653 to 2286
_UNREADABLE: Final = (msgspec.MsgspecError, UnicodeError, RecursionError)


@dataclass(frozen=True, slots=True)
class Numbers:
    """Where texts stand: what is before their numbers, and the number of the first of them."""

    before: str
    first: int


@dataclass(frozen=True, slots=True)
class Documents:
    """Texts that are a JSON object each, and the objects.

    Where all have the same fields they are records with these fields in order, which are made and
    written in half the time of dictionaries; `fields` says where each is.
    """

    texts: pl.Series
    rows: Sequence[Any]
    fields: Mapping[str, str] | None = None

    def values(self, path: str) -> list[object]:
        """Return the value of each object under this field name or dotted path."""
        if self.fields is None:
            return _values(self.rows, path)
        first, *rest = [path] if path in self.fields else path.split(".")
        known = self.fields.get(first)
        if known is None:
            return [None] * len(self.rows)
        found = list(map(attrgetter(known), self.rows))
        for part in rest:
            found = [one.get(part) if isinstance(one, dict) else None for one in found]
        return found


def page_of(texts: Sequence[bytes], label: str, shape: Shape, zone: tzinfo) -> Batch | None:
    """Return the rows of a page as one batch; None where they are not all objects of UTF-8."""
    found = documents(texts, None, shape) if texts else None
    return None if found is None else together(found, Numbers(f"{label}#", 0), shape, zone)


def documents(texts: Sequence[bytes], unfolds: str | None, shape: Shape) -> Documents | None:
    """Return the texts decoded; None where one is no JSON object, or has the field `unfolds`."""
    return _documents(texts, lambda decoder: list(map(decoder.decode, texts)), unfolds, shape)


def lined(block: bytes, unfolds: str | None, shape: Shape) -> Documents | None:
    """Return the lines of a block decoded; None as well where one has blanks around it, or is none.

    All are decoded by one call: as each begins as an object does and ends as one, and there are as
    many objects as lines, each line is one.
    """
    texts = block.removesuffix(b"\n").split(b"\n")

    def decode(decoder: msgspec.json.Decoder[Any]) -> list[Any]:
        rows = decoder.decode_lines(block)
        return rows if len(rows) == len(texts) else []

    found = _documents(texts, decode, unfolds, shape)
    if found is None or len(found.rows) < len(texts):
        return None
    is_plain = found.texts.str.starts_with("{") & found.texts.str.ends_with("}")
    return found if is_plain.all() else None


def _documents(
    texts: Sequence[bytes], decode: _Decode, unfolds: str | None, shape: Shape
) -> Documents | None:
    alike = _alike(texts[0], decode) if _is_simple(shape) else None
    if alike is not None and unfolds is not None and unfolds in alike[1]:
        return None
    try:
        rows = decode(msgspec.json.Decoder(dict[str, Any])) if alike is None else alike[0]
        payload = pl.Series(texts, dtype=pl.Binary).cast(pl.String)
    except (*_UNREADABLE, pl.exceptions.PolarsError):
        return None
    if alike is not None:
        return Documents(payload, rows, alike[1])
    is_folded = unfolds is not None and any(unfolds in row for row in rows)
    return None if is_folded else Documents(payload, rows)


def _alike(first: bytes, decode: _Decode) -> tuple[list[Any], dict[str, str]] | None:
    """Return documents that all have the fields of the first, None where they do not."""
    try:
        names = tuple(sorted(msgspec.json.decode(first, type=dict[str, Any])))
        record, fields = _record(names)
        return decode(msgspec.json.Decoder(record)), fields
    except (*_UNREADABLE, ValueError):
        return None


@lru_cache(maxsize=64)
def _record(names: tuple[str, ...]) -> tuple[type[msgspec.Struct], dict[str, str]]:
    """Return a record type that has exactly these fields, in this order, of any type.

    Raises:
        ValueError: a name is none that a record can have.
    """
    fields = {name: f"field_{number}" for number, name in enumerate(names)}
    record = msgspec.defstruct(
        "Record",
        [(field, Any) for field in fields.values()],
        rename={field: name for name, field in fields.items()},
        forbid_unknown_fields=True,
        gc=False,
    )
    return record, fields


def _is_simple(shape: Shape) -> bool:
    """Return whether key, time of change and mark of deletion are made of values of fields."""
    return (
        _is_of_fields(shape.key)
        and (shape.changed is never or isinstance(shape.changed, LatestOf))
        and (shape.gone is None or isinstance(shape.gone, Marked))
    )


def _is_of_fields(key: KeyOf | None) -> bool:
    return key is None or (type(key) in {FirstOf, AllOf} and key != AllOf(()))


def together(found: Documents, numbers: Numbers, shape: Shape, zone: tzinfo) -> Batch:
    """Return the documents as one batch."""
    # Records have their fields in order, so that only what is inside them is left to sort.
    encode = msgspec.json.Encoder(
        order="sorted" if found.fields is None else "deterministic"
    ).encode
    hashes = pl.Series([sha256(encoded).hexdigest() for encoded in map(encode, found.rows)])
    keys = hashes.str.slice(0, KEY_DIGITS) if shape.key is None else _keys(found, shape.key)
    frame = pl.DataFrame(
        {
            "native_id": keys,
            "changed_at": _changed(found, shape, zone),
            "number": range(numbers.first, numbers.first + len(found.rows)),
            "content_hash": hashes,
            "payload": found.texts,
            "is_deleted": _gone(found, shape),
        }
    )
    return parted(frame, numbers.before)


def _keys(found: Documents, key: KeyOf) -> pl.Series:
    if type(key) is FirstOf:
        columns = (_cleaned(found.values(field), key.clean) for field in key.fields)
        return _first_filled(columns, len(found.rows), pl.String())
    if type(key) is AllOf and key.fields:
        return _joined([_cleaned(found.values(field), as_key) for field in key.fields])
    return pl.Series([key(row) for row in found.rows], dtype=pl.String)


def _cleaned(values: list[object], clean: Callable[[object], str | None]) -> pl.Series:
    if clean is as_key and set(map(type, values)) == {str}:
        stripped = pl.Series(values, dtype=pl.String).str.strip_chars(BLANKS)
        return stripped.set(stripped == "", None)
    return pl.Series(list(map(clean, values)), dtype=pl.String)


def _joined(parts: list[pl.Series]) -> pl.Series:
    """Return the one or more parts of each row joined by `|`, null where all of them are."""
    columns = pl.DataFrame({str(number): part for number, part in enumerate(parts)})
    text = pl.concat_str(pl.all().fill_null(""), separator="|")
    return columns.select(pl.when(pl.any_horizontal(pl.all().is_not_null())).then(text)).to_series()


def _first_filled(columns: Iterable[pl.Series], rows: int, kind: pl.DataType) -> pl.Series:
    """Return the first value of each row; columns are asked for while any row has none."""
    series = pl.repeat(None, rows, dtype=kind, eager=True)
    for column in columns:
        series = series.fill_null(column)
        if not series.null_count():
            break
    return series


def _gone(found: Documents, shape: Shape) -> pl.Series:
    if shape.gone is None:
        return pl.repeat(None, len(found.rows), dtype=pl.Boolean, eager=True)
    if isinstance(shape.gone, Marked):
        marks = zip(*(found.values(field) for field in shape.gone.fields), strict=True)
        told = [any(map(is_set, row)) or None for row in marks]
    else:
        told = [shape.gone(row) or None for row in found.rows]
    return pl.Series(told, dtype=pl.Boolean)


def _changed(found: Documents, shape: Shape, zone: tzinfo) -> pl.Series:
    if shape.changed is not never and not isinstance(shape.changed, LatestOf):
        moments_ = [shape.changed(row, zone) for row in found.rows]
        return pl.Series(moments_, dtype=pl.Datetime("us"))
    fields = shape.changed.fields if isinstance(shape.changed, LatestOf) else ()
    columns = (moments(found.values(field), zone) for field in fields)
    return _first_filled(columns, len(found.rows), pl.Datetime("us"))


def _values(rows: Sequence[Row], field: str) -> list[object]:
    if "." not in field:
        return [row.get(field) for row in rows]
    return [value_at(row, field) for row in rows]


def moments(values: list[object], zone: tzinfo) -> pl.Series:
    """Return each value as a moment in UTC, null where it is none: plain texts by whole columns."""
    if not set(map(type, values)) <= {str, type(None)}:
        return pl.Series([moment(value, zone) for value in values], dtype=pl.Datetime("us"))
    texts = pl.Series(values, dtype=pl.String)
    is_odata = texts.str.starts_with(_ODATA_BEGINS).all()
    found = _since_1970(texts) if is_odata else _plain(texts, zone)
    left = texts.filter(found.is_null() & texts.is_not_null()).unique()
    if not len(left):
        return found
    read: list[datetime | None] = [moment(text, zone) for text in left.to_list()]
    others = pl.Series(read, dtype=pl.Datetime("us"))
    return found.fill_null(texts.replace_strict(left, others, default=None))


def _plain(texts: pl.Series, zone: tzinfo) -> pl.Series:
    """Return the moments that are written as ISO 8601 has them, where the zone is of no matter."""
    if (texts.str.len_bytes() == _UTC_LENGTH).all() and not texts.str.contains(_ODD_UTC).any():
        return texts.str.to_datetime(_UTC, strict=False, time_unit="us")
    pattern = _PLAIN if isinstance(zone, timezone) else _PLAIN.replace("Z?", "Z")
    texts = texts.str.replace(_OFFSET_UTC, "Z")
    plain = texts.set(~texts.str.contains(pattern).fill_null(value=False), None)
    read = plain.str.strip_suffix("Z").str.replace(" ", "T", literal=True)
    found = read.str.to_datetime(_FORMAT, strict=False, time_unit="us")
    ahead = zone.utcoffset(None)
    if ahead:
        local = ~plain.str.ends_with("Z").fill_null(value=True)
        found = found.zip_with(~local, found - ahead)
    return found


def _since_1970(texts: pl.Series) -> pl.Series:
    """Return the moments that are written as OData version 2 has them."""
    milliseconds = texts.str.extract(_ODATA, 1).cast(pl.Int64)
    return milliseconds.cast(pl.Datetime("ms")).cast(pl.Datetime("us"))
