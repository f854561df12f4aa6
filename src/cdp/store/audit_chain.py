"""What makes the audit log a chain: nobody without the workspace's secret can change it unseen.

Two kinds of seals (keyed BLAKE2b, RFC 7693, of 128 bits). Each entry has a *digest*, which seals
its details with a salt of its own; when both are taken away the digest stays, and says nothing of
them any more. Entries that are written together have one *link*, kept with the last of them: it
seals number, time, caller, action and digest of each, behind the link before, so that no entry can
be changed, moved, added or left out. Earlier versions linked each entry, as one alone is linked.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

SALT_BYTES: Final = 16
START: Final = b"\0" * 16
"""The link before the first entry."""
_BYTES = 16
_RANGE = re.compile(r"(\d{1,15})(?:-(\d{1,15}))?")
_encoded = msgspec.json.Encoder().encode


INNER: Final = b""
"""What stands for the link of an entry that another was written together with, behind it."""


class Sealer:
    """Makes seals with one key; `values` are those of `Access`, the moment as text."""

    def __init__(self, key: bytes) -> None:
        # Begun once and copied: half of the cost of a seal is to take the key up.
        self._details = blake2b(key=key, digest_size=_BYTES, person=b"cdp audit detail")
        self._links = blake2b(key=key, digest_size=_BYTES, person=b"cdp audit link")

    def digest(self, values: Sequence[str], salt: bytes) -> bytes:
        """Return the seal of what can be erased: request_id, subject, purpose, detail."""
        _, request_id, _, _, subject, purpose, detail = values
        sealing = self._details.copy()
        sealing.update(salt + _encoded((request_id, subject, purpose, detail)))
        return sealing.digest()

    def behind(self, before: bytes) -> Link:
        """Return the link that is made behind another, of no entry yet."""
        sealing = self._links.copy()
        sealing.update(before)
        return Link(sealing)


class Link:
    """A link that is being made."""

    def __init__(self, sealing: blake2b) -> None:
        self._sealing = sealing

    def add(self, number: int, values: Sequence[str], digest: bytes) -> None:
        """Seal what stays of the next entry."""
        at, _, key_id, action, *_ = values
        self._sealing.update(digest + _encoded((number, at, key_id, action)))

    def end(self) -> bytes:
        """Return the link of the entries so far."""
        return self._sealing.digest()


def ranges(numbers: Sequence[int]) -> str:
    """Return ascending numbers in short: `3 5-9`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return " ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


def numbers_in(text: str) -> Iterator[range]:
    """Yield the ranges that `ranges` wrote."""
    for found in _RANGE.finditer(text):
        yield range(int(found[1]), int(found[2] or found[1]) + 1)


def covers(said: Iterable[range], number: int) -> bool:
    """Whether one of these ranges holds a number."""
    return any(number in part for part in said)
