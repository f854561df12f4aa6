"""How often a key may ask: one token bucket a key, in each server process."""

from __future__ import annotations

from math import ceil
from time import monotonic
from typing import TYPE_CHECKING

from cdp.api.errors import LimitedError

if TYPE_CHECKING:
    from cdp.privacy.keys import Key

RawHeaders = tuple[tuple[bytes, bytes], ...]


class Bucket:
    """What one key may still ask: one second's requests, refilled evenly."""

    __slots__ = ("_limit", "_rate", "_then", "_tokens")

    def __init__(self, rate: int, now: float) -> None:
        self._rate = float(rate)
        self._tokens = float(rate)
        self._then = now
        self._limit = (b"ratelimit-limit", b"%d" % rate)

    def take(self, now: float) -> None:
        """Take one request.

        Raises:
            LimitedError: none is left.
        """
        rate = self._rate
        tokens = min(rate, self._tokens + (now - self._then) * rate)
        self._then = now
        if tokens < 1:
            self._tokens = tokens
            raise LimitedError(ceil((1 - tokens) / rate), self.headers())
        self._tokens = tokens - 1

    def headers(self) -> RawHeaders:
        """Return what is told of it: how many a second, how many are left, seconds until all are.

        The names are those of draft-ietf-httpapi-ratelimit-headers-06.
        """
        left = int(self._tokens)
        missing = self._rate - self._tokens
        return (
            self._limit,
            (b"ratelimit-remaining", b"%d" % left),
            (b"ratelimit-reset", b"1" if missing > 0 else b"0"),
        )

    def is_for(self, rate: int) -> bool:
        """Whether it was made for so many a second."""
        return self._rate == rate


class Limits:
    """The buckets of the keys that ask this process."""

    def __init__(self, per_second: int) -> None:
        self._per_second = per_second
        self._buckets: dict[str, Bucket] = {}

    def take(self, key: Key) -> Bucket:
        """Take one request from the key's bucket, and return it.

        Raises:
            LimitedError: it is empty.
        """
        now, rate = monotonic(), key.rate_limit or self._per_second
        bucket = self._buckets.get(key.key_id)
        if bucket is None or not bucket.is_for(rate):
            bucket = self._buckets[key.key_id] = Bucket(rate, now)
        bucket.take(now)
        return bucket
