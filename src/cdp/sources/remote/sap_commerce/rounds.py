"""Rounds: one subject after the other, an order or a user, in the order of their names.

A round that is cut short goes on behind the subject up to which its rows were landed, and ends with
the moment at which it was begun the first time: what changed since is the next round's.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import msgspec

from cdp.sources.remote.walk import POSITION, Page, PageRun, Walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cdp.sources import Batch

MARK: Final = "round"
"""What the position of a round that is not at its end is of."""
OPEN: Final = "open"
"""What the carts are kept under that were open when their users were asked last."""
Carts = dict[str, tuple[str, str, str]]
"""By code: a digest of the cart, when it was seen first, and since when it is as it is."""
_encode: Final = msgspec.json.Encoder(order="deterministic").encode


@dataclass(frozen=True, slots=True)
class Nobody:
    """The delivery of a round in which nobody is left to ask for: it has no rows, and is over."""

    object: str
    begun: str

    @property
    def label(self) -> str:
        """What is over."""
        return f"{self.object} asked for"

    def batches(self) -> Iterator[Batch]:
        """Yield nothing."""
        yield from ()

    def positions(self) -> Mapping[str, str]:
        """Return when it was begun."""
        return {POSITION: self.begun, MARK: ""}


@dataclass(frozen=True, slots=True)
class Part(Page):
    """What some subjects have; `until` is the last of them, `seen` are their open carts."""

    until: str = ""
    seen: Mapping[str, Carts] = field(default_factory=dict)


@dataclass(slots=True)
class Round(Walk):
    """A walk over subjects.

    Attributes:
        begun: when it was begun the first time (ISO 8601, UTC, without offset).
        open: open carts by subject; None: it is not about carts.
        done: the last subject that was read.
    """

    begun: str = ""
    open: dict[str, Carts] | None = None
    done: str = ""

    def deliveries(self) -> Iterator[PageRun]:
        """Yield deliveries until the round is over, those without rows too: they are progress.

        Raises:
            UnreachableError: the shop does not answer; what it gave before was yielded.
        """
        self._advance()
        while self.ahead is not None:
            yield PageRun(self)
        if self.failure is not None:
            raise self.failure

    def read(self) -> Iterator[Page]:
        """Yield pages until the round is over, noting how far they reach."""
        for page in Walk.read(self):
            if isinstance(page, Part):
                self.done = page.until
                if self.open is not None:
                    self.open.update(page.seen)
            yield page

    def positions(self) -> Mapping[str, str]:
        """Return how far it has come."""
        kept: dict[str, str] = {}
        if self.open is not None:
            kept[OPEN] = _encode({of: carts for of, carts in self.open.items() if carts}).decode()
        if self.is_whole:
            return {POSITION: self.begun, MARK: "", **kept}
        return {MARK: f"{self.begun} {self.done}", **kept}


def opened(position: str | None) -> dict[str, Carts]:
    """Return the open carts that a position tells of, by subject."""
    return msgspec.json.decode(position or "{}", type=dict[str, Carts])


def stamped(cart: dict[str, Any], known: Carts, now: str) -> tuple[dict[str, Any], Carts]:
    """Return a cart with when it was seen first and since when it is as it is, and both to keep.

    OCC tells neither; without them nobody could say since when a cart lies abandoned.
    """
    digest = hashlib.sha256(_encode(cart)).hexdigest()[:16]
    code = str(cart.get("code"))
    before = known.get(code)
    first = now if before is None else before[1]
    since = before[2] if before is not None and before[0] == digest else now
    return {**cart, "creationtime": first, "modifiedtime": since}, {code: (digest, first, since)}
