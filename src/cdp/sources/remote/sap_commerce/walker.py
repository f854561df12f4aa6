"""Walks by OCC: which orders and users are asked for, and what is gone of them.

Invariant: a user is asked for only who is listed, changed, ordered or had an open cart.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec

from cdp.errors import InputError, UnreachableError
from cdp.sources.remote.absence import gone_rows
from cdp.sources.remote.ahead import ahead
from cdp.sources.remote.sap_commerce.options import SHAPES
from cdp.sources.remote.sap_commerce.rounds import (
    MARK,
    OPEN,
    Carts,
    Nobody,
    Part,
    Round,
    opened,
    stamped,
)
from cdp.sources.remote.walk import POSITION, begin
from cdp.sources.wire.batch import Collector
from cdp.sources.wire.documents import page_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from datetime import tzinfo

    from cdp.sources import Batch, Delivery, Opening
    from cdp.sources.remote.sap_commerce.occ import Occ
    from cdp.sources.remote.sap_commerce.options import CommerceOptions

    Changed = Callable[[datetime | None], set[str]]

_FEW: Final = 100
"""Customers that are always believed to be gone."""
_AT_ONCE: Final = 20
"""Subjects whose rows make a page."""
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NOBODY: Final = "anonymous"
_encode: Final = msgspec.json.Encoder().encode
Answer = list[tuple[str, list[dict[str, Any]]]]


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
        now = self.opening.now.astimezone(UTC).replace(tzinfo=None)
        since = begin(
            self._position(name, POSITION) or None,
            timedelta(minutes=self.options.overlap_minutes),
        )
        known = opened(self._position(name, OPEN)) if name == "carts" else None
        subjects = self._orders(since) if name == "orders" else self._users(name, since, known)
        left = [subject for subject in sorted(subjects) if subject > done]
        if not left:
            yield Nobody(name, begun or now.isoformat())
            return
        answers = self._answers(name, left)
        parts = self._parts(
            name, answers if self.opening.is_look else ahead(answers), dict(known or {})
        )
        walk = Round(name, parts, is_ordered=False)
        walk.begun, walk.open, walk.done = begun or now.isoformat(), known, done
        yield from walk.deliveries()

    def _orders(self, since: datetime | None) -> set[str]:
        """Return the orders to ask for: those told of, and of users those never landed."""
        found = {
            f"{site} {code}"
            for site in self.options.sites
            for code in self.occ.told(site, since or _LONG_AGO)
        }
        held = set(self.opening.held("orders"))
        users = self._listed() | (self.changed(since) if self.changed is not None else set())
        for site in self.options.sites:
            for user in sorted(users):
                codes = self.occ.history(site, user)
                found |= {f"{site} {code}" for code in codes if code not in held}
        return found

    def _users(self, name: str, since: datetime | None, known: dict[str, Carts] | None) -> set[str]:
        """Return the users to ask for, each behind a site; a customer has none of the latter."""
        sites = self.options.sites[:1] if name == "customers" else self.options.sites
        users = self._listed()
        if self.changed is not None:
            users |= self.changed(since)
        else:
            for site in self.options.sites:
                codes = self.occ.told(site, since or _LONG_AGO)
                users |= {buyer for code in codes if (buyer := self.occ.buyer(site, code))}
        found = {f"{site} {user}" for site in sites for user in users if user != _NOBODY}
        return found | (known or {}).keys()

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

    def _answers(self, name: str, subjects: list[str]) -> Generator[Answer, None, None]:
        asks: dict[str, Callable[[str, str], list[dict[str, Any]]]] = {
            "orders": self.occ.order,
            "customers": self.occ.customer,
            "carts": self.occ.carts,
            "consents": self.occ.consents,
        }
        for at in range(0, len(subjects), _AT_ONCE):
            some = subjects[at : at + _AT_ONCE]
            yield [(each, asks[name](*_parted(each))) for each in some]

    def _parts(
        self, name: str, answers: Generator[Answer, None, None], known: dict[str, Carts]
    ) -> Iterator[Part]:
        now = self.opening.now.astimezone(UTC).replace(tzinfo=None).isoformat()
        held = set(self.opening.held(name)) if name == "customers" else set()
        vanished = 0
        with closing(answers):
            for number, answer in enumerate(answers, start=1):
                label, rows, gone = f"{name}.page-{number:04}", [], []
                seen: dict[str, Carts] = {}
                for subject, found in answer:
                    if name == "carts":
                        before, seen[subject] = known.get(subject, {}), {}
                        for cart in found:
                            row, kept = stamped(cart, before, now)
                            rows.append(row)
                            seen[subject] |= kept
                        gone += [code for code in before if code not in seen[subject]]
                        continue
                    rows += found
                    if name == "customers" and not found and _parted(subject)[1] in held:
                        gone.append(_parted(subject)[1])
                vanished += len(gone) if name == "customers" else 0
                self._believe(vanished, len(held))
                # Customers have no time of change: a deletion with one would outrank their return.
                at = None if name == "customers" else self.opening.now
                batches = [*self._batches(name, label, rows), *gone_rows(gone, label, at)]
                yield Part(label, tuple(batches), answer[-1][0], seen)

    def _believe(self, vanished: int, held: int) -> None:
        if vanished > max(_FEW, self.options.largest_absence * held):
            msg = (
                f"source {self.opening.name}: the shop knows {vanished:,} of {held:,} customers no "
                "more, which looks like another shop, so the rest was kept; look at options.sites, "
                "or raise options.largest_absence for one run"
            )
            raise UnreachableError(msg)

    def _batches(self, name: str, label: str, rows: list[dict[str, Any]]) -> Iterator[Batch]:
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


def _parted(subject: str) -> tuple[str, str]:
    site, _, of = subject.partition(" ")
    return site, of
