"""Dates and timestamps as sources write them: OData, ISO 8601, US, European, compact.

The hint is `zone order [latest]`: the zone of timestamps that name none, whether 3/4/2025 has the
month or the day first, and the day after which nobody in the data can have been born.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final

from cdp.canonical.clean.outcome import Outcome, bad
from cdp.sources import zone as zone_of

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ODATA: Final = re.compile(r"^/Date\((-?\d+)([+-]\d{4})?\)/$")
_PLAIN: Final = re.compile(r"^(\d{4})(\d{2})(\d{2})(?:[T ]?(\d{2})(\d{2})(\d{2}))?$")
_POINTS: Final = re.compile(r"^(\d{1,2})\.(\d{1,2})\.(\d{4})\b(.*)$")
_SLASHES: Final = re.compile(r"^(\d{1,2})/(\d{1,2})/(\d{4})\b(.*)$")
_CLOCK: Final = re.compile(r"^(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*([AaPp][Mm])?$")
_DURATION: Final = re.compile(r"^(.*\S)\s+PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?$")
_EPOCH_MILLIS: Final = re.compile(r"^\d{12,13}$")
_PLAIN_HINT: Final = "UTC month_first"
_EARLIEST_BIRTH: Final = "1880-01-01"
_LATEST_BIRTH: Final = "2100-01-01"
_NOON: Final = 12


def clean_moment(text: str, hint: str = _PLAIN_HINT) -> Outcome:
    """Return the moment in UTC as `YYYY-MM-DD HH:MM:SS[.ffffff]`."""
    found = _read(text, hint)
    if found is None:
        return bad("invalid_date", "no date or timestamp in a known format")
    try:
        moment = found.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        return bad("implausible_date", "beyond the calendar")
    return Outcome(moment.isoformat(sep=" "))


def clean_day(text: str, hint: str = _PLAIN_HINT) -> Outcome:
    """Return the calendar day as `YYYY-MM-DD`, without moving it to another zone."""
    found = _read(text, hint)
    if found is None:
        return bad("invalid_date", "no date in a known format")
    return Outcome(found.date().isoformat())


def clean_birth_date(text: str, hint: str = _PLAIN_HINT) -> Outcome:
    """Return the day of birth; one before 1880 or after the data arrived is implausible."""
    day = clean_day(text, hint)
    if day.value is None:
        return day
    latest = "".join(hint.split()[2:]) or _LATEST_BIRTH
    if not _EARLIEST_BIRTH <= day.value <= latest:
        return bad("implausible_date", "nobody in the data was born on that day")
    return day


@lru_cache(maxsize=64)
def _hint(hint: str) -> tuple[tzinfo, str]:
    zone, order = hint.split()[:2]
    return zone_of(zone), order


def _read(text: str, hint: str) -> datetime | None:
    stripped = text.strip()
    try:
        if " PT" in stripped:
            return _with_clock(stripped, hint)
        return _odata(stripped) or _written_out(stripped, *_hint(hint))
    except (ValueError, OverflowError):
        return None


def _with_clock(text: str, hint: str) -> datetime | None:
    """Read a day and the time on it as a duration, as S/4 keeps them in two fields."""
    found = _DURATION.match(text)
    day = _read(found[1], hint) if found else None
    if found is None or day is None:
        return None
    hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    return day + timedelta(hours=hours, minutes=minutes, seconds=seconds)


def _written_out(text: str, zone: tzinfo, order: str) -> datetime | None:
    compact = _PLAIN.match(text)
    if compact:
        return _compact(compact, zone)
    points = _POINTS.match(text)
    if points:
        return _written(points, "day_first", zone)
    slashes = _SLASHES.match(text)
    return _written(slashes, order, zone) if slashes else _iso(text, zone)


def _odata(text: str) -> datetime | None:
    """Read `/Date(ms)/`, of which an offset in minutes only says where it was noted, and ms."""
    found = _ODATA.match(text)
    if found is None and not _EPOCH_MILLIS.match(text):
        return None
    moment = _EPOCH + timedelta(milliseconds=int(found[1] if found else text))
    if found is None or found[2] is None:
        return moment
    return moment.astimezone(timezone(timedelta(minutes=int(found[2]))))


def _compact(found: re.Match[str], zone: tzinfo) -> datetime:
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
    return datetime(year, month, day, hour, minute, second, tzinfo=zone)


def _written(found: re.Match[str], order: str, zone: tzinfo) -> datetime | None:
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
