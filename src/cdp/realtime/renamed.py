"""Users who are called otherwise from now on: `alias` of one user id to another."""

from __future__ import annotations


class Renamed:
    """Who is called how now; never in a circle."""

    def __init__(self) -> None:
        self._now: dict[str, str] = {}
        self._former: dict[str, dict[str, None]] = {}

    def put(self, before: str, now: str) -> None:
        """Let a user be called otherwise, unless that leads back to them."""
        ahead: str | None = now
        while ahead is not None:
            if ahead == before:
                return
            ahead = self._now.get(ahead)
        self._former.get(self._now.get(before, ""), {}).pop(before, None)
        self._now[before] = now
        self._former.setdefault(now, {})[before] = None

    def now(self, user: str) -> str | None:
        """Return how a user is called now, None where they are called as before."""
        return self._now.get(user)

    def former(self, user: str) -> tuple[str, ...]:
        """Return how a user was called before."""
        return tuple(self._former.get(user, ()))
