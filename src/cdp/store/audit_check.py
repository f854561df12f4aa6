"""Whether the audit log is as it was written: every entry there, unchanged, in its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cdp.store.audit_chain import INNER, START, Sealer, covers, numbers_in
from cdp.store.state_audit import ERASURE, head, key_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from cdp.store.state import State

_MOST_TOLD = 20


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found.

    Attributes:
        entries: how many there are.
        erased: how many of them have lost their details by an erasure.
        number: number of the last entry, 0 when there is none.
        link: its link in hexadecimal; with the number it stands for the log as it is now.
        problems: what is wrong, the first twenty; empty when nothing is.
    """

    entries: int
    erased: int
    number: int
    link: str
    problems: tuple[str, ...]


def check(state: State, expected: tuple[int, str] | None = None) -> Checked:
    """Look at every entry; `expected` is number and link that were kept elsewhere before.

    Whoever cuts the end off the log together with what is kept beside it is found by `expected`
    alone.
    """
    with state.reading() as connection:
        return _Check(connection).whole(expected)


class _Check:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._sealer = Sealer(key_of(connection))
        self._problems: list[str] = []
        self._erased = 0
        self._entries = 0
        self._links: dict[int, bytes] = {}
        self._link = self._sealer.behind(START)
        self._first = 1

    def whole(self, expected: tuple[int, str] | None) -> Checked:
        erasures = self._erasures()
        before, number = START, 0
        for row in self._rows():
            audit_id = row[0]
            if audit_id != number + 1:
                self._say(f"entries {number + 1} to {audit_id - 1} are missing")
            before, number = self._entry(before, row, erasures), audit_id
            if expected is not None and number == expected[0]:
                self._links[number] = before
        self._end(number, before, expected)
        problems = tuple(self._problems)
        return Checked(self._entries, self._erased, number, before.hex(), problems)

    def _entry(
        self, before: bytes, row: tuple[Any, ...], erasures: dict[int, list[range]]
    ) -> bytes:
        """Check one entry and return the last link up to it."""
        number, erased_by, salt, digest, link, *values = row
        self._entries += 1
        if link is None or digest is None:
            self._say(f"entry {number} has no seal")
            return before
        if erased_by is not None:
            self._erased += 1
            if any(values[place] for place in (1, 4, 5, 6)):
                self._say(f"entry {number} holds details although they were erased")
            elif not covers(erasures.get(erased_by, ()), number):
                self._say(f"the details of entry {number} are gone, and no erasure names it")
        elif self._sealer.digest(values, salt) != digest:
            self._say(f"the details of entry {number} are not those that were written")
        self._link.add(number, values, digest)
        return self._linked(number, bytes(link)) if link != INNER else before

    def _linked(self, number: int, link: bytes) -> bytes:
        """Check the entries that a link seals, up to this number, and return it."""
        if self._link.end() != link:
            if self._first == number:
                self._say(f"entry {number} was changed, or does not follow the one before it")
            else:
                self._say(
                    f"one of the entries {self._first} to {number} was changed, or they do not "
                    "follow the one before them"
                )
        self._link, self._first = self._sealer.behind(link), number + 1
        return link

    def _end(self, number: int, link: bytes, expected: tuple[int, str] | None) -> None:
        if (number, link) != head(self._connection) and self._entries:
            self._say(f"the log ends with entry {number}, and not where it ended when last written")
        if self._first <= number:
            self._say(f"entries {self._first} to {number} are behind the last link")
        if not self._entries and head(self._connection)[0]:
            self._say("every entry is missing")
        if expected is None:
            return
        found = self._links.get(expected[0])
        if found is None or found.hex() != expected[1].lower():
            self._say(f"entry {expected[0]} is not the one that was noted elsewhere")

    def _erasures(self) -> dict[int, list[range]]:
        rows = self._connection.execute(
            "select audit_id, detail from audit where action = ?", (ERASURE,)
        )
        return {number: list(numbers_in(detail)) for number, detail in rows.fetchall()}

    def _rows(self) -> Iterator[tuple[Any, ...]]:
        yield from self._connection.execute(
            "select audit_id, erased_by, salt, digest, link, at, request_id, key_id, action, "
            "subject, purpose, detail from audit order by audit_id"
        )

    def _say(self, problem: str) -> None:
        if len(self._problems) < _MOST_TOLD:
            self._problems.append(problem)
