"""What cleaning a value gives."""

from __future__ import annotations

from typing import NamedTuple


class Outcome(NamedTuple):
    """A clean value, or the reason why there is none and what was expected."""

    value: str | None
    reason: str | None = None
    message: str | None = None


def bad(reason: str, message: str) -> Outcome:
    """Return that a value is left out."""
    return Outcome(None, reason, message)
