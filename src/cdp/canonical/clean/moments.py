"""Dates and timestamps as sources write them: OData, ISO 8601, US, European, compact.

The hint is `zone order`: the zone of timestamps that name none, and whether 3/4/2025 has the
month or the day first.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING, Final

from cdp.canonical.clean.outcome import Outcome, bad
from cdp.sources import zone as zone_of

if TYPE_CHECKING:
    from collections.abc import Callable

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ODATA: Final = re.compile(r"^/Date\((-?\d+)([+-]\d{4})?\)/$")
_PLAIN: Final = re.compile(r"^(\d{4})(\d{2})(\d{2})(?:[T ]?(\d{2})(\d{2})(\d{2}))?$")
_POINTS: Final = re.compile(r"^(\d{1,2})\.(\d{1,2})\.(\d{4})\b(.*)$")
_SLASHES: Final = re.compile(r"^(\d{1,2})/(\d{1,2})/(\d{4})\b(.*)$")
_CLOCK: Final = re.compile(r"^(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*([AaPp][Mm])?$")
_DURATION: Final = re.compile(r"^(.*\S)\s+PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?$")
_EPOCH_MILLIS: Final = re.compile(r"^\d{12,13}$")
_EARLIEST_BIRTH: Final = date(1880, 1, 1)
_LATEST_BIRTH: Final = date(2100, 1, 1)
_NOON: Final = 12


def clean_moment(text: str, hint: str = "UTC month_first") -> Outcome:
    """Return the moment in UTC as `YYYY-MM-DD HH:MM:SS[.ffffff]`."""
    found = _read(text, hint)
    if found is None:
        return bad("invalid_date", "no date or timestamp in a known format")
    try:
        moment = found.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        return bad("implausible_date", "beyond the calendar")
    return Outcome(moment.isoformat(sep=" "))


def clean_day(text: str, hint: str = "UTC month_first") -> Outcome:
    """Return the calendar day as `YYYY-MM-DD`, without moving it to another zone."""
    found = _read(text, hint)
    if found is None:
        return bad("invalid_date", "no date in a known format")
    return Outcome(found.date().isoformat())


def clean_birth_date(text: str, hint: str = "UTC month_first") -> Outcome:
    """Return the day of birth; one before 1880 or after 2099 is implausible."""
    day = clean_day(text, hint)
    if day.value is None:
        return day
    if not _EARLIEST_BIRTH <= date.fromisoformat(day.value) < _LATEST_BIRTH:
        return bad("implausible_date", "nobody in the data was born on that day")
    return day


def _read(text: str, hint: str) -> datetime | None:
    zone, _, order = hint.partition(" ")
    local = zone_of(zone or "UTC")
    stripped = text.strip()
    with_clock = _DURATION.match(stripped)
    if with_clock:
        day = _read(with_clock[1], hint)
        parts = [int(part or 0) for part in with_clock.groups()[1:]]
        clock = timedelta(hours=parts[0], minutes=parts[1], seconds=parts[2])
        return day + clock if day else None
    readers: tuple[Callable[[], datetime | None], ...] = (
        lambda: _odata(stripped),
        lambda: _compact(stripped, local),
        lambda: _written(_POINTS.match(stripped), "day_first", local),
        lambda: _written(_SLASHES.match(stripped), order, local),
        lambda: _iso(stripped, local),
    )
    for reader in readers:
        try:
            found = reader()
        except (ValueError, OverflowError):
            continue
        if found is not None:
            return found
    return None


def _odata(text: str) -> datetime | None:
    """Read `/Date(ms)/`, of which an offset in minutes only says where it was noted, and ms."""
    found = _ODATA.match(text)
    if found is None and not _EPOCH_MILLIS.match(text):
        return None
    moment = _EPOCH + timedelta(milliseconds=int(found[1] if found else text))
    if found is None or found[2] is None:
        return moment
    return moment.astimezone(timezone(timedelta(minutes=int(found[2]))))


def _compact(text: str, zone: tzinfo) -> datetime | None:
    found = _PLAIN.match(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
    return datetime(year, month, day, hour, minute, second, tzinfo=zone)


def _written(found: re.Match[str] | None, order: str, zone: tzinfo) -> datetime | None:
    if found is None:
        return None
    first, second, year = (int(part) for part in found.groups()[:3])
    day, month = (first, second) if order == "day_first" else (second, first)
    clock = _clock(found[4].strip(" ,T"))
    return None if clock is None else datetime.combine(date(year, month, day), clock, zone)


def _clock(text: str) -> time | None:
    if not text:
        return time()
    found = _CLOCK.match(text)
    if found is None:
        return None
    hour = int(found[1])
    if found[4]:
        if not 1 <= hour <= _NOON:
            return None
        hour = hour % _NOON + (_NOON if found[4].lower() == "pm" else 0)
    return time(hour, int(found[2]), int(found[3] or 0))


def _iso(text: str, zone: tzinfo) -> datetime | None:
    whole = re.sub(r"(\d)([Zz])$", r"\1+00:00", text)
    found = datetime.fromisoformat(whole)
    return found.replace(tzinfo=zone) if found.tzinfo is None else found
