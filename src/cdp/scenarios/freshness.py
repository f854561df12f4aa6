"""How old what is published may be, before a view says that it is stale."""

from __future__ import annotations

import re
from datetime import timedelta

_AGE = re.compile(r"([1-9][0-9]{0,4}) ?(m|h|d)")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def age(text: str) -> timedelta:
    """Return an age such as 90m, 26h or 7d.

    Raises:
        ValueError: it is none.
    """
    parts = _AGE.fullmatch(text)
    if parts is None:
        msg = f"{text!r} is no age; use minutes, hours or days, such as 90m, 26h or 7d"
        raise ValueError(msg)
    return timedelta(**{_UNITS[parts[2]]: int(parts[1])})
