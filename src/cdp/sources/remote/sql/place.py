"""Where a walk over a table stands, and where the next one begins.

A position is text: the values of the column of change and of the key, each as the driver handed it
over, so that the database compares it by its own rules.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import msgspec

from cdp.sources.wire.shape import moment

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from cdp.sources.remote.sql.options import SqlOptions

_KINDS: Final[dict[str, type]] = {
    kind.__name__: kind for kind in (datetime, date, Decimal, UUID, bytes)
}
_TEXT: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:([T ])\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d(?::?\d\d)?)?)?"
)
_DAYLIGHT: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Place:
    """Where to begin: from the first value on, or after the row that has all these values."""

    values: tuple[Any, ...]
    is_after: bool

    def written(self, order: Sequence[str]) -> str:
        """Return it as the text of a position of rows in the order of these columns."""
        how = "after" if self.is_after else "from"
        told = {how: [_tagged(value) for value in self.values], "by": list(order)}
        return json.dumps(told, ensure_ascii=False)


WHOLE: Final = "{}"
"""The position of a table that was read to its end and is read from the beginning each time."""


def read_place(position: str | None, order: Sequence[str]) -> Place | None:
    """Return where to begin; None: at the beginning, as where other columns gave the order."""
    found = json.loads(position) if position is not None else {}
    if found.pop("by", None) != list(order):
        return None
    ((how, values),) = found.items()
    return Place(tuple(_untagged(value) for value in values), how == "after")


@dataclass(frozen=True, slots=True)
class Overlap:
    """How far before the last change the next load begins, of one instance at one moment."""

    options: SqlOptions
    zone: tzinfo
    now: datetime

    def before(self, value: object) -> Place:
        """Return where a load begins after one that reached this value of the column of change.

        What lies in the future counts as now: it would hide all changes until then.
        """
        if isinstance(value, int | float | Decimal):
            return Place((value - self.options.overlap_numbers,), is_after=False)
        reached = self._moment(value)
        back = self._length(value)
        if reached is not None:
            back += max(reached - self.now.astimezone(UTC).replace(tzinfo=None), timedelta())
        return Place((_earlier(value, back),), is_after=False)

    def is_settled(self, value: object) -> bool:
        """Return whether nothing can still appear at or before this value, for all we know."""
        reached = self._moment(value)
        now = self.now.astimezone(UTC).replace(tzinfo=None)
        return reached is not None and reached < now - self._length(value)

    def _length(self, value: object) -> timedelta:
        """Return the overlap; clocks that are put back tell the same hour twice."""
        is_local = not isinstance(self.zone, timezone) and not _has_zone(value)
        overlap = timedelta(minutes=self.options.overlap_minutes)
        return overlap + _DAYLIGHT if is_local else overlap

    def _moment(self, value: object) -> datetime | None:
        if isinstance(value, int | float | Decimal):
            return None
        is_day = isinstance(value, date) and not isinstance(value, datetime)
        return moment(str(value) if is_day else value, self.zone)


def _has_zone(value: object) -> bool:
    if isinstance(value, datetime):
        return value.tzinfo is not None
    found = _TEXT.fullmatch(value) if isinstance(value, str) else None
    return found is not None and found[3] is not None


def _earlier(value: object, by: timedelta) -> object:
    """Return the value so much earlier, written as it was; unchanged where it is no moment."""
    try:
        if isinstance(value, datetime):
            return value - by
        if isinstance(value, date):
            return (datetime.combine(value, datetime.min.time()) - by).date()
        return _earlier_text(value, by) if isinstance(value, str) else value
    except (OverflowError, ValueError):
        return value


def _earlier_text(text: str, by: timedelta) -> str:
    found = _TEXT.fullmatch(text)
    if found is None:
        return text
    moved = datetime.fromisoformat(text) - by
    if found[2] is None:
        return str(moved.date())
    return moved.replace(tzinfo=None).isoformat(sep=found[2]) + (found[3] or "")


def _tagged(value: object) -> object:
    if isinstance(value, str | int | float) or value is None:
        return value
    for name, kind in _KINDS.items():
        if isinstance(value, kind):
            return {name: msgspec.to_builtins(value)}
    return str(value)


def _untagged(value: object) -> object:
    if not isinstance(value, dict):
        return value
    ((name, text),) = value.items()
    return msgspec.convert(text, _KINDS[name], strict=False)
