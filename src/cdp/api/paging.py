"""Pages of lists that are short enough to be made whole: sources, schedules, keys."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cdp.api.answer import Answer
    from cdp.api.call import Call

    Row = dict[str, Any]


def reply_sorted(call: Call, rows: Iterable[Row], place: Callable[[Row], str]) -> Answer:
    """Return the page of these rows that the caller asks for, in the order of their places.

    A row's place is its own and stays, so that no row is missed or told twice where others come
    and go between two pages.

    Raises:
        InvalidError: `limit` or `cursor` is none.
    """
    limit, after = call.limit(), call.cursor()
    left = sorted(((place(row), row) for row in rows), key=itemgetter(0))
    if after is not None:
        left = [each for each in left if each[0] > after]
    items = [msgspec.json.encode(row) for _, row in left[:limit]]
    return call.reply_page(items, left[limit - 1][0] if len(left) > limit else None)
