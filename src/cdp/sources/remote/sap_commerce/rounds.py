"""Rounds: one subject after the other, an order or a user, in an order that nothing follows from.

A round that is cut short goes on at the place up to which its rows were landed, and ends with the
moment at which it was begun the first time: what changed since is the next round's. Invariant: no
position names a login, which is an e-mail address: a place is shared by one login in 65,536, and
who had an open cart is known by what was landed of it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import msgspec

from cdp.sources.remote.walk import POSITION, Page, PageRun, Walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import polars as pl

    from cdp.sources import Batch

MARK: Final = "round"
"""What the position of a round that is not at its end is of."""
_DIGITS: Final = 4
_STAMPS: Final = ("creationtime", "modifiedtime")
Row = dict[str, Any]


class Subject(NamedTuple):
    """Who or what is asked for at a site: an order by its code, or a user by the login."""

    kind: Literal["order", "user"]
    site: str
    of: str

    @property
    def place(self) -> str:
        """Where it stands in the order of subjects; others may stand there, too."""
        return hashlib.sha256(" ".join(self).encode()).hexdigest()[:_DIGITS]


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
    """What some subjects have; `until` is the place of the last of them, which may have more."""

    until: str = ""


@dataclass(slots=True)
class Round(Walk):
    """A walk over subjects.

    Attributes:
        begun: when it was begun the first time (ISO 8601, UTC, without offset).
        done: the place of the last subject that was asked for.
    """

    begun: str = ""
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
            yield page

    def positions(self) -> Mapping[str, str]:
        """Return how far it has come."""
        if self.is_whole:
            return {POSITION: self.begun, MARK: ""}
        return {MARK: f"{self.begun} {self.done}"}


def left(subjects: set[Subject], done: str) -> list[Subject]:
    """Return the subjects that stand at a place or behind it, in order."""
    placed = sorted((subject.place, subject) for subject in subjects)
    return [subject for place, subject in placed if place >= done]


def opened(landed: pl.DataFrame, sites: Sequence[str]) -> dict[Subject, dict[str, Row]]:
    """Return the carts that were landed and are not gone, by whose they are and by code.

    Those of integration objects do not say where, and count where there is one site alone.
    """
    found: dict[Subject, dict[str, Row]] = {}
    for code, payload in landed.select("native_id", "payload").iter_rows():
        cart = msgspec.json.decode(payload, type=Row)
        user, said = cart.get("user"), cart.get("site")
        login = user.get("uid") if isinstance(user, dict) else None
        site = said if isinstance(said, str) else sites[0] if len(sites) == 1 else None
        if site is not None and site in sites and isinstance(login, str):
            found.setdefault(Subject("user", site, login.lower()), {})[code] = cart
    return found


def stamped(cart: Row, known: Mapping[str, Row], now: str) -> Row:
    """Return a cart with when it was seen first and since when it is as it is.

    OCC tells neither; without them nobody could say since when a cart lies abandoned.
    """
    before = known.get(str(cart.get("code")), {})
    is_same = cart == {name: value for name, value in before.items() if name not in _STAMPS}
    first, since = (before.get(stamp, now) for stamp in _STAMPS)
    return {**cart, "creationtime": first, "modifiedtime": since if is_same else now}
