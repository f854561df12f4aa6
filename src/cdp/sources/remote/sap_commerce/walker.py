"""Walks by OCC: which orders and users are asked for, and what is gone of them.

Invariant: a user is asked for only who is listed, changed, ordered or had an open cart.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from cdp.errors import InputError, UnreachableError
from cdp.sources.remote.absence import gone_rows
from cdp.sources.remote.ahead import ahead
from cdp.sources.remote.sap_commerce.options import SHAPES
from cdp.sources.remote.sap_commerce.rounds import (
    MARK,
    Nobody,
    Part,
    Round,
    Row,
    Subject,
    left,
    opened,
    stamped,
)
from cdp.sources.remote.walk import POSITION, begin
from cdp.sources.wire.batch import Collector
from cdp.sources.wire.documents import page_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping
    from datetime import tzinfo

    from cdp.sources import Batch, Delivery, Opening
    from cdp.sources.remote.sap_commerce.occ import Occ
    from cdp.sources.remote.sap_commerce.options import CommerceOptions

    Changed = Callable[[datetime | None], set[str]]
    Carts = Mapping[Subject, Mapping[str, Row]]

_FEW: Final = 100
"""Customers that are always believed to be gone."""
_AT_ONCE: Final = 20
"""Answers whose rows make a page."""
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NOBODY: Final = "anonymous"
_encode: Final = msgspec.json.Encoder().encode


class Answer(NamedTuple):
    """What the shop has of a subject; of a user's orders one, or none behind the last."""

    subject: Subject
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class OccWalker:
    """Walks over what one instance reads by OCC.

    Attributes:
        changed: returns the logins of users that changed since a moment, by integration objects;
            None: those are not read, and who ordered is taken from the status feed.
    """

    opening: Opening
    occ: Occ
    options: CommerceOptions
    zone: tzinfo
    changed: Changed | None

    def deliveries(self, name: str) -> Iterator[Delivery]:
        """Yield what is there of the orders and users that are asked for.

        Raises:
            UnreachableError: the shop does not answer, or refuses.
            InputError: the file of users cannot be read.
        """
        begun, _, done = self._position(name, MARK).partition(" ")
        begun = begun or self.opening.now.astimezone(UTC).replace(tzinfo=None).isoformat()
        since = begin(
            self._position(name, POSITION) or None,
            timedelta(minutes=self.options.overlap_minutes),
        )
        carts: Carts = {}
        if name == "carts":
            carts = opened(self.opening.shown(name), self.options.sites)
        subjects = self._orders(since) if name == "orders" else self._users(name, since)
        asked = left({each for each in (*subjects, *carts) if each.of != _NOBODY}, done)
        if not asked:
            yield Nobody(name, begun)
            return
        answers = self._answers(name, asked)
        parts = self._parts(name, answers if self.opening.is_look else ahead(answers), carts)
        yield from Round(name, parts, is_ordered=False, begun=begun, done=done).deliveries()

    def _orders(self, since: datetime | None) -> set[Subject]:
        """Return the orders that are told of, and the users who may have others."""
        users = self._listed() | (self.changed(since) if self.changed is not None else set())
        found: set[Subject] = set()
        for site in self.options.sites:
            codes = self.occ.told(site, since or _LONG_AGO)
            found |= {Subject("order", site, code) for code in codes}
            found |= {Subject("user", site, user) for user in users}
        return found

    def _users(self, name: str, since: datetime | None) -> set[Subject]:
        """Return the users to ask for, each at a site; a customer is the same at all of them."""
        sites = self.options.sites[:1] if name == "customers" else self.options.sites
        users = self._listed()
        if self.changed is not None:
            users |= self.changed(since)
        else:
            for site in self.options.sites:
                codes = self.occ.told(site, since or _LONG_AGO)
                users |= {buyer for code in codes if (buyer := self.occ.buyer(site, code))}
        return {Subject("user", site, user) for site in sites for user in users}

    def _listed(self) -> set[str]:
        listed = list(self.options.users)
        if self.options.users_file is not None:
            path = self.opening.data_dir / self.options.users_file
            try:
                listed += path.read_text("utf-8").splitlines()
            except (OSError, UnicodeError) as error:
                msg = (
                    f"source {self.opening.name}: {self.options.users_file} cannot be read "
                    f"({type(error).__name__}); name in options.users_file a text file below the "
                    "data folder, one login a line"
                )
                raise InputError(msg) from error
        return {user.strip().lower() for user in listed if user.strip()}

    def _answers(self, name: str, subjects: list[Subject]) -> Generator[list[Answer], None, None]:
        """Return what the shop has of subjects, some answers at a time; asked as they are taken."""
        if name == "orders":
            found = self._ordered(subjects, frozenset(self.opening.held(name)))
        else:
            asks = {
                "customers": self.occ.customer,
                "carts": self.occ.carts,
                "consents": self.occ.consents,
            }
            found = (Answer(each, asks[name](each.site, each.of)) for each in subjects)
        return _in_parts(found)

    def _ordered(self, subjects: list[Subject], held: frozenset[str]) -> Iterator[Answer]:
        """Yield orders that are told of, and those of users that were never landed."""
        asked: set[tuple[str, str]] = set()
        for subject in subjects:
            kind, site, of = subject
            codes = [of] if kind == "order" else self.occ.history(site, of)
            for code in codes:
                if (site, code) not in asked and (kind == "order" or code not in held):
                    asked.add((site, code))
                    yield Answer(subject, self.occ.order(site, code))
            yield Answer(subject, [])

    def _parts(
        self, name: str, answers: Generator[list[Answer], None, None], carts: Carts
    ) -> Iterator[Part]:
        now = self.opening.now.astimezone(UTC).replace(tzinfo=None).isoformat()
        held = set(self.opening.held(name)) if name == "customers" else set()
        vanished = 0
        with closing(answers):
            for number, some in enumerate(answers, start=1):
                label, rows, gone = f"{name}.page-{number:04}", list[Row](), list[str]()
                for subject, found in some:
                    if name == "carts":
                        before = carts.get(subject, {})
                        rows += (stamped(each, before, now) for each in found)
                        gone += before.keys() - {str(each.get("code")) for each in found}
                        continue
                    rows += found
                    if name == "customers" and not found and subject.of in held:
                        gone.append(subject.of)
                vanished += len(gone) if name == "customers" else 0
                self._believe(vanished, len(held))
                # Customers have no time of change: a deletion with one would outrank their return.
                at = None if name == "customers" else self.opening.now
                batches = [*self._batches(name, label, rows), *gone_rows(sorted(gone), label, at)]
                yield Part(label, tuple(batches), some[-1].subject.place)

    def _believe(self, vanished: int, held: int) -> None:
        if vanished > max(_FEW, self.options.largest_absence * held):
            msg = (
                f"source {self.opening.name}: the shop knows {vanished:,} of {held:,} customers no "
                "more, which looks like another shop, so the rest was kept; look at options.sites, "
                "or raise options.largest_absence for one run"
            )
            raise UnreachableError(msg)

    def _batches(self, name: str, label: str, rows: list[Row]) -> Iterator[Batch]:
        found = page_of([_encode(row) for row in rows], label, SHAPES[name], self.zone)
        if found is not None:
            yield found
            return
        collector = Collector(SHAPES[name], self.zone)
        for index, row in enumerate(rows):
            collector.mapping(f"{label}#{index}", row)
        yield from collector.rest()

    def _position(self, name: str, of: str) -> str:
        return self.opening.cursors.get((name, of), "")


def _in_parts(found: Iterator[Answer]) -> Generator[list[Answer], None, None]:
    while some := list(islice(found, _AT_ONCE)):
        yield some
