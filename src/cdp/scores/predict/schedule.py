"""Which past moments a forecast is learned from, and which it is tried on.

Invariant: the outcome of every cut-off lies wholly before the moment it serves: `cut + length <=
until` for training, `cut + length <= origin` for a window of the back-test.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Final

MOST_CUTS: Final = 8
SHRINK: Final = 1.5
SHORTEST: Final = 28
"""Days below which a horizon is not shortened."""
YEAR: Final = 365
_APART: Final = ((9, (0, 2, 4, 6)), (7, (0, 2, 4)), (5, (0, 1, 2)))
"""With at least so many cut-offs, the windows' places in them: apart if they can be."""


@dataclass(frozen=True, slots=True)
class Window:
    """One trial: forecast from `origin` on, learned from `cuts`."""

    origin: int
    cuts: tuple[int, ...]
    is_year_ago: bool = False


@dataclass(frozen=True, slots=True)
class Trial:
    """The windows of a back-test, each `length` days long, latest first."""

    length: int
    windows: tuple[Window, ...]

    @property
    def cuts(self) -> tuple[int, ...]:
        """Every day at which a snapshot is needed, latest first."""
        days = {day for w in self.windows for day in (w.origin, *w.cuts)}
        return tuple(sorted(days, reverse=True))


def cut_offs(first: int, until: int, length: int) -> list[int]:
    """Return every cut-off whose outcome of `length` days is known at `until`, latest first.

    None is earlier than the first purchase and 28 days, or half the length.
    """
    step = max(7, ceil(length / 2))
    earliest = first + max(SHORTEST, ceil(length / 2))
    return list(range(until - length, earliest - 1, -step))


def trainable(first: int, until: int, horizon: int) -> int:
    """Return the longest length that at least two cut-offs fit: the horizon, or shorter."""
    length = horizon
    while len(cut_offs(first, until, length)) < 2 and length > SHORTEST:  # noqa: PLR2004
        length = max(SHORTEST, int(length / SHRINK))
    return length


def training_cuts(first: int, until: int, length: int) -> tuple[int, ...]:
    """Return the cut-offs that a forecast at `until` is learned from, latest first, at most 8."""
    return tuple(cut_offs(first, until, length)[:MOST_CUTS])


def trial(first: int, until: int, length: int) -> Trial:
    """Return the back-test: three or four windows before `until`, and the one a year ago.

    When the history is too short for three, the windows are shorter; at 28 days two will do, and
    none when there is no room for those.
    """
    while True:
        days = cut_offs(first, until, length)
        is_shortest = length <= SHORTEST
        places: tuple[int, ...] | None = next((p for n, p in _APART if len(days) >= n), None)
        if places is None and is_shortest:
            places = (0, 1) if len(days) >= 4 else ()  # noqa: PLR2004 - each needs one to learn from
        if places is not None:
            break
        length = max(SHORTEST, int(length / SHRINK))
    windows = [_window(days[place], days, length) for place in places]
    return Trial(length, _with_year_ago(windows, days, until, length))


def _window(origin: int, days: list[int], length: int, *, is_year_ago: bool = False) -> Window:
    cuts = tuple(day for day in days if day + length <= origin)[:MOST_CUTS]
    return Window(origin, cuts, is_year_ago)


def _with_year_ago(
    windows: list[Window], days: list[int], until: int, length: int
) -> tuple[Window, ...]:
    origin = until - YEAR
    found = _window(origin, days, length, is_year_ago=True)
    if not windows or not found.cuts or length > YEAR:
        return tuple(windows)
    same = [w for w in windows if abs(w.origin - origin) <= 7]  # noqa: PLR2004 - the same week
    if same:
        found = Window(same[0].origin, same[0].cuts, is_year_ago=True)
    return (*(w for w in windows if w not in same), found)
