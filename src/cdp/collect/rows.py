"""Rows that are sent: each becomes one entry with its key, or one that was refused."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from cdp.collect import characters
from cdp.collect.arrival import Arrival, BodyError, Refusal, Taken, refused, written
from cdp.sources.wire.batch import KEY_DIGITS, MISSING_ID
from cdp.sources.wire.shape import never
from cdp.store.eventlog_entry import Entry

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from cdp.sources.wire.shape import Shape

LARGEST_ROW = 256 << 10
LARGEST_IMPORT = 5 << 20
MOST_ROWS = 10_000


class _Rows(msgspec.Struct):
    rows: list[msgspec.Raw]


_rows = msgspec.json.Decoder(_Rows).decode
_list = msgspec.json.Decoder(list[msgspec.Raw]).decode


@dataclass(frozen=True, slots=True)
class Kind:
    """What rows are: their object, where key and time of change are, and that they are gone."""

    object: str
    shape: Shape
    zone: tzinfo
    is_gone: bool = False


def pieces(body: bytes, *, is_lines: bool) -> list[bytes]:
    """Return the rows of a body: JSON lines, a JSON array, or an object with a list `rows`.

    Raises:
        BodyError: it is none of them, or has too many rows.
    """
    body = characters.whole(body)
    found = _lines(body) if is_lines else _documents(body)
    if len(found) > MOST_ROWS:
        msg = f"a request may have {MOST_ROWS:,} rows, this one has {len(found):,}"
        raise BodyError(msg)
    return found


def taken(arrival: Arrival, kind: Kind, rows: Sequence[bytes], first: int = 0) -> Taken:
    """Return what rows come to; `first` is where in the request the first of them stands."""
    entries: list[Entry] = []
    refusals: list[Refusal] = []
    for index, row in enumerate(rows, first):
        made = _entry(arrival, kind, index, row)
        if isinstance(made, Refusal):
            refusals.append(made)
            made = refused(arrival, made, kind.object, row)
        entries.append(made)
    return Taken(entries, refusals)


def _entry(arrival: Arrival, kind: Kind, index: int, row: bytes) -> Entry | Refusal:
    if len(row) > LARGEST_ROW:
        return Refusal(index, "too_large", f"a row may have {LARGEST_ROW:,} bytes")
    try:
        values: Any = msgspec.json.decode(row)
    except (msgspec.MsgspecError, RecursionError) as error:
        return Refusal(index, "broken_json", f"this is no valid JSON: {error}")
    if not isinstance(values, dict):
        message = f"expected a JSON object, found {type(values).__name__}"
        return Refusal(index, "not_an_object", message)
    shape = kind.shape
    key = _content(values) if shape.key is None else shape.key(values)
    if key is None:
        return Refusal(index, "missing_id", MISSING_ID)
    changed = shape.changed(values, kind.zone)
    if changed is None and kind.is_gone and shape.changed is not never:
        changed = arrival.at  # what is deleted often says no time, and is later than what was told
    return Entry(
        source=arrival.source,
        object=kind.object,
        id=key,
        received_at=arrival.stamp,
        request_id=arrival.request_id,
        payload=msgspec.Raw(row),
        kind="row",
        index=index,
        changed_at=None if changed is None else written(changed.replace(tzinfo=arrival.at.tzinfo)),
        is_deleted=kind.is_gone or (shape.gone is not None and shape.gone(values)),
    )


def _content(values: dict[str, Any]) -> str:
    encoded = msgspec.json.encode(values, order="sorted")
    return hashlib.sha256(encoded).hexdigest()[:KEY_DIGITS]


def _lines(body: bytes) -> list[bytes]:
    return [line.strip() for line in body.split(b"\n") if line.strip()]


def _documents(body: bytes) -> list[bytes]:
    try:
        found = _list(body) if body.lstrip()[:1] == b"[" else _rows(body).rows
    except (msgspec.MsgspecError, RecursionError) as error:
        msg = (
            f"the body holds no rows: {error}; send a JSON array, an object with a list rows, or "
            "JSON lines with Content-Type: application/x-ndjson"
        )
        raise BodyError(msg) from error
    return [bytes(each) for each in found]
