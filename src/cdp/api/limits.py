"""How often a key may ask: one token bucket a key, in each server process."""

from __future__ import annotations

from math import ceil
from time import monotonic

from cdp.api.errors import LimitedError


class Limits:
    """Buckets that hold one second's requests and refill evenly."""

    def __init__(self, per_second: int) -> None:
        self._rate = float(per_second)
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, key_id: str) -> None:
        """Take one request from the key's bucket.

        Raises:
            LimitedError: it is empty.
        """
        now = monotonic()
        tokens, then = self._buckets.get(key_id, (self._rate, now))
        tokens = min(self._rate, tokens + (now - then) * self._rate)
        if tokens < 1:
            self._buckets[key_id] = tokens, now
            raise LimitedError(ceil((1 - tokens) / self._rate))
        self._buckets[key_id] = tokens - 1, now
