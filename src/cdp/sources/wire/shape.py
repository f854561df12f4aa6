"""What a system type knows of an object: where key and time of change stand in a row.

Every function takes the decoded row and answers None instead of failing: a row without a key is
rejected by the reader, a row without a readable time of change is landed without one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any

Row = Mapping[str, Any]
KeyOf = Callable[[Row], str | None]
ChangedAt = Callable[[Row, tzinfo], datetime | None]

_ODATA = re.compile(r"/Date\((-?\d+)([+-]\d{4})?\)/")
_DURATION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?")
_US = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?: (\d{1,2}):(\d{2})(?::(\d{2}))? ?([AaPp][Mm])?)?")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLIS_FROM = 100_000_000_000  # as seconds this would be the year 5138


@dataclass(frozen=True, slots=True)
class Shape:
    """Key and time of change of one object; a None key means: the content is the key.

    `columns` are those without which a table of it cannot be read at all; `gone` tells whether a
    row says that the source has the object no longer.
    """

    key: KeyOf | None
    changed: ChangedAt
    columns: tuple[str, ...] = ()
    gone: Callable[[Row], bool] | None = None


def never(row: Row, zone: tzinfo) -> datetime | None:  # noqa: ARG001 - one signature for all
    """Return None: the object carries no time of change."""
    return None


def value_at(row: Row, path: str) -> object:
    """Return the value under this field name, or under a dotted path of nested names."""
    if path in row:
        return row[path]
    found: object = row
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def as_key(value: object) -> str | None:
    """Return a key as text, None when there is nothing in it."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else None
    return str(value).strip() or None


def unpadded(value: object) -> str | None:
    """Return an SAP number without the zeros that some interfaces pad it with."""
    key = as_key(value)
    return key.lstrip("0") or None if key is not None and key.isdigit() else key


def gid_tail(value: object) -> str | None:
    """Return the last part of a global id (`gid://shop/Customer/7`), any query left out."""
    key = as_key(value)
    return key.rpartition("/")[2].partition("?")[0] or None if key is not None else None


@dataclass(frozen=True, slots=True)
class FirstOf:
    """A key: the first of these fields that is filled."""

    fields: tuple[str, ...]
    clean: Callable[[object], str | None]

    def __call__(self, row: Row) -> str | None:
        """Return the key of a row."""
        found = (self.clean(value_at(row, field)) for field in self.fields)
        return next((key for key in found if key is not None), None)


@dataclass(frozen=True, slots=True)
class AllOf:
    """A key: these fields joined by `|`; None when all are empty."""

    fields: tuple[str, ...]

    def __call__(self, row: Row) -> str | None:
        """Return the key of a row."""
        parts = [as_key(value_at(row, field)) for field in self.fields]
        return "|".join(part or "" for part in parts) if any(parts) else None


@dataclass(frozen=True, slots=True)
class LatestOf:
    """A time of change: the first of these fields that holds a readable moment."""

    fields: tuple[str, ...]

    def __call__(self, row: Row, zone: tzinfo) -> datetime | None:
        """Return the time of change of a row."""
        found = (moment(value_at(row, field), zone) for field in self.fields)
        return next((changed for changed in found if changed is not None), None)


@dataclass(frozen=True, slots=True)
class Marked:
    """A mark of deletion: one of these fields is set to true."""

    fields: tuple[str, ...]

    def __call__(self, row: Row) -> bool:
        """Return whether a row is marked."""
        return any(is_set(value_at(row, field)) for field in self.fields)


def is_set(value: object) -> bool:
    """Return whether a mark is set to true, in any of the ways that systems write it."""
    return value in (True, "true", "X", "1")


def first_of(*fields: str, clean: Callable[[object], str | None] = as_key) -> KeyOf:
    """Return a key function: the first of these fields that is filled."""
    return FirstOf(fields, clean)


def all_of(*fields: str) -> KeyOf:
    """Return a key function: these fields joined by `|`; None when all are empty."""
    return AllOf(fields)


def latest_of(*fields: str) -> ChangedAt:
    """Return a change function: the first of these fields that holds a readable moment."""
    return LatestOf(fields)


def marked(*fields: str) -> Callable[[Row], bool]:
    """Return a function that tells whether one of these fields is set to true."""
    return Marked(fields)


def having(values: Mapping[str, object]) -> Callable[[Row], bool]:
    """Return a function that tells whether a field has its value here, or one of several."""
    wanted = {
        name: value if isinstance(value, tuple) else (value,) for name, value in values.items()
    }

    def gone(row: Row) -> bool:
        return any(value_at(row, name) in among for name, among in wanted.items())

    return gone


def day_and_time(*pairs: tuple[str, str]) -> ChangedAt:
    """Return a change function: the first day that is filled, at its time of day (PT..H..M..S)."""

    def changed(row: Row, zone: tzinfo) -> datetime | None:
        for day_field, time_field in pairs:
            day = moment(value_at(row, day_field), zone)
            if day is not None:
                return day + _time_of_day(value_at(row, time_field))
        return None

    return changed


def moment(value: object, zone: tzinfo) -> datetime | None:
    """Return a moment in UTC without offset, None when it cannot be read.

    Reads OData v2 dates, ISO 8601, US dates and epoch numbers (milliseconds from 10^11 on); text
    without offset is in `zone`.
    """
    try:
        found = _moment(value, zone)
        return found.astimezone(UTC).replace(tzinfo=None) if found is not None else None
    except (ValueError, OverflowError):
        return None


def _moment(value: object, zone: tzinfo) -> datetime | None:
    if isinstance(value, datetime):
        return value if value.tzinfo is not None else value.replace(tzinfo=zone)
    if isinstance(value, int | float) and not isinstance(value, bool):
        seconds = value / 1000 if abs(value) >= _MILLIS_FROM else value
        return _EPOCH + timedelta(seconds=seconds)
    if not isinstance(value, str) or not value.strip():
        return None
    text = value.strip()
    odata = _ODATA.fullmatch(text)
    if odata is not None:
        return _EPOCH + timedelta(milliseconds=int(odata[1]))
    american = _US.fullmatch(text)
    found = _american(american) if american is not None else datetime.fromisoformat(text)
    return found if found.tzinfo is not None else found.replace(tzinfo=zone)


def _american(found: re.Match[str]) -> datetime:
    month, day, year, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    half = (found[7] or "").lower()
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    return datetime.combine(datetime(year, month, day).date(), time(hour, minute, second))  # noqa: DTZ001 - the caller knows the zone


def _time_of_day(value: object) -> timedelta:
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return timedelta()
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)
