"""When something is due: a cron expression of five fields, as APScheduler reads it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from apscheduler.triggers.cron import CronTrigger

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_FIELDS: Final = "minute, hour, day of month, month, day of week, such as 30 2 * * mon-fri"
_COUNT: Final = 5
_SOME_DAY: Final = datetime(2026, 1, 1, tzinfo=UTC)
_INSTANT: Final = timedelta(microseconds=1)
_NUMBERED: Final = re.compile(r"(?<![*/\d])\d")
"""A day of the week by its number: 0 is Sunday to cron and Monday to APScheduler."""


def checked(text: str) -> str:
    """Return a cron expression with one blank between its fields.

    Raises:
        ValueError: it is none, is never due, or names days of the week by number.
    """
    fields = text.split()
    if len(fields) != _COUNT:
        msg = f"write five fields: {_FIELDS}"
        raise ValueError(msg)
    if _NUMBERED.search(fields[-1]):
        msg = "write days of the week by name (mon, tue, ...): numbers are not the same everywhere"
        raise ValueError(msg)
    try:
        trigger = CronTrigger.from_crontab(" ".join(fields), timezone="UTC")
    except ValueError as error:
        msg = f"{error}; write five fields: {_FIELDS}"
        raise ValueError(msg) from None
    if trigger.get_next_fire_time(None, _SOME_DAY) is None:
        msg = "there is no such day, it would never be due"
        raise ValueError(msg)
    return " ".join(fields)


def next_due(cron: str, zone: ZoneInfo, after: datetime) -> datetime:
    """Return the first moment after this one, in UTC, that a checked expression names in a zone.

    In spring the hour that the clock leaves out comes with the next, in autumn the one that it
    repeats comes twice.
    """
    trigger = CronTrigger.from_crontab(cron, timezone=zone)
    due: datetime | None = trigger.get_next_fire_time(None, after + _INSTANT)
    assert due is not None  # noqa: S101 - `checked` saw to it
    return due.astimezone(UTC)
