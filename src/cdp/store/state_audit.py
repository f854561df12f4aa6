"""The audit log as the state file keeps it: who saw or changed what, when, what for.

Append-only: entries are numbered without gaps and never changed; of an entry's details alone
can be taken away, by another entry that says so. `audit_chain` seals all of it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from cdp.store.audit_chain import INNER, SALT_BYTES, START, Sealer, ranges
from cdp.store.secret import secret_of
from cdp.store.state import moment, stamp

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from cdp.store.audit_chain import Link
    from cdp.store.state import State

ERASURE = "audit.erase"
_COLUMNS = "at, request_id, key_id, action, subject, purpose, detail"
_AT_ONCE = 500
"""Values that one statement is given; SQLite takes no more than a thousand everywhere."""
_MARKS = "(" + ", ".join("?" * 11) + ")"
_ROWS = 90
"""Entries that one statement adds."""


class Access(NamedTuple):
    """One access to the data of one subject (a profile or account id, or a search), or a change."""

    at: datetime
    request_id: str
    key_id: str
    action: str
    subject: str
    purpose: str
    detail: str


class Entry(NamedTuple):
    """An access with its number in the log; `erased_by` is the entry that took its details away."""

    audit_id: int
    access: Access
    erased_by: int | None


@dataclass(frozen=True, slots=True)
class Asked:
    """Which entries are wanted; None: whichever."""

    subject: str | None = None
    key_id: str | None = None
    action: str | None = None
    request_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class AuditLog:
    """The topic `audit` of the state file; append-only."""

    def __init__(self, state: State) -> None:
        self._state = state

    def append(self, accesses: Iterable[Access]) -> None:
        """Keep these accesses, all of them or none."""
        with self._state.writing() as connection:
            insert(connection, accesses)

    def of(self, subject: str) -> list[Access]:
        """Return every access to the data of this subject, oldest first."""
        rows = self._state.connection.execute(
            f"select {_COLUMNS} from audit where subject = ? order by audit_id",  # noqa: S608 - ours
            (subject,),
        )
        return [Access(moment(at), *rest) for at, *rest in rows.fetchall()]

    def latest(self, asked: Asked, limit: int, before: int | None = None) -> list[Entry]:
        """Return up to `limit` entries, latest first, from before a number."""
        wanted = {
            "audit_id <": before,
            "subject =": asked.subject,
            "key_id =": asked.key_id,
            "action =": asked.action,
            "request_id =": asked.request_id,
            "at >=": stamp(asked.since) if asked.since is not None else None,
            "at <": stamp(asked.until) if asked.until is not None else None,
        }
        given = {test: value for test, value in wanted.items() if value is not None}
        where = " and ".join(f"{test} ?" for test in given) or "true"
        rows = self._state.connection.execute(
            f"select audit_id, erased_by, {_COLUMNS} from audit where {where} "  # noqa: S608 - ours
            "order by audit_id desc limit ?",
            (*given.values(), limit),
        )
        return [
            Entry(number, Access(moment(at), *rest), erased)
            for number, erased, at, *rest in rows.fetchall()
        ]

    def erase_details(self, subjects: Sequence[str], by: Access) -> int:
        """Take away who or what was meant in every entry of these subjects; return how many.

        `by` says who erases and when; the entry made of it names the numbers of the entries. The
        bytes are overwritten in the file, and in the journal once no reader needs it.
        """
        with self._state.writing() as connection:
            connection.execute("pragma secure_delete = on")
            numbers = _numbers_of(connection, subjects)
            if numbers:
                said = by._replace(action=ERASURE, subject="", detail=ranges(numbers))
                insert(connection, [said])
                own = head(connection)[0]
                connection.executemany(
                    "update audit set request_id = '', subject = '', purpose = '', detail = '', "
                    "salt = x'', erased_by = ? where audit_id = ?",
                    [(own, number) for number in numbers],
                )
        self._state.connection.execute("pragma wal_checkpoint(truncate)").fetchall()
        return len(numbers)


def insert(connection: sqlite3.Connection, accesses: Iterable[Access]) -> None:
    """Add accesses inside the caller's transaction."""
    new = [(stamp(access.at), *access[1:]) for access in accesses]
    if not new:
        return
    sealer = Sealer(key_of(connection))
    number, before = head(connection)
    if number == 0:
        number, before = _sealed_before(connection, sealer)
    link = sealer.behind(before)
    # Sealed and written a part at a time: a thread that answers requests gets its turn in between.
    for start in range(0, len(new), _ROWS):
        part = _sealed(sealer, link, number + start, new[start : start + _ROWS])
        if start + _ROWS >= len(new):
            part[-1] = (*part[-1][:-1], link.end())
        _add(connection, part)
    _remember(connection, number + len(new), link.end())


def _sealed(
    sealer: Sealer, link: Link, number: int, new: Sequence[tuple[str, ...]]
) -> list[tuple[int | str | bytes, ...]]:
    """Return the rows of entries behind a number, added to the link, none holding it yet."""
    salts = os.urandom(SALT_BYTES * len(new))
    rows: list[tuple[int | str | bytes, ...]] = []
    for place, values in enumerate(new, 1):
        salt = salts[(place - 1) * SALT_BYTES : place * SALT_BYTES]
        digest = sealer.digest(values, salt)
        link.add(number + place, values, digest)
        rows.append((number + place, *values, salt, digest, INNER))
    return rows


def _add(connection: sqlite3.Connection, rows: Sequence[tuple[int | str | bytes, ...]]) -> None:
    """Add rows in one statement: each one gives up and takes back Python's lock."""
    marks = ", ".join([_MARKS] * len(rows))
    connection.execute(
        f"insert into audit (audit_id, {_COLUMNS}, salt, digest, link) values {marks}",  # noqa: S608 - ours
        [*chain.from_iterable(rows)],
    )


def _sealed_before(connection: sqlite3.Connection, sealer: Sealer) -> tuple[int, bytes]:
    """Seal what was kept before there was a chain, and return the number and link of its end."""
    number, link, sealed = 0, START, []
    found = connection.execute(f"select audit_id, {_COLUMNS} from audit order by audit_id")  # noqa: S608 - ours
    for number, *values in found.fetchall():
        salt = os.urandom(SALT_BYTES)
        digest = sealer.digest(values, salt)
        made = sealer.behind(link)
        made.add(number, values, digest)
        link = made.end()
        sealed.append((salt, digest, link, number))
    connection.executemany(
        "update audit set salt = ?, digest = ?, link = ? where audit_id = ?", sealed
    )
    return number, link


def _numbers_of(connection: sqlite3.Connection, subjects: Sequence[str]) -> list[int]:
    """Return the numbers of the entries that speak of these subjects, ascending."""
    numbers: list[int] = []
    for start in range(0, len(subjects), _AT_ONCE):
        part = subjects[start : start + _AT_ONCE]
        marks = ", ".join("?" * len(part))
        rows = connection.execute(
            f"select audit_id from audit where subject in ({marks}) and subject <> ''",  # noqa: S608 - ours
            tuple(part),
        )
        numbers += [number for (number,) in rows.fetchall()]
    return sorted(set(numbers))


def key_of(connection: sqlite3.Connection) -> bytes:
    """Return the secret of the workspace whose state file this is."""
    rows = connection.execute("pragma database_list").fetchall()
    return secret_of(Path(rows[0][2]).parent, "audit")


def head(connection: sqlite3.Connection) -> tuple[int, bytes]:
    """Return the number and link of the last entry, as it was kept beside the log."""
    rows = connection.execute("select audit_id, link from audit_head").fetchall()
    return (int(rows[0][0]), bytes(rows[0][1])) if rows else (0, START)


def _remember(connection: sqlite3.Connection, number: int, link: bytes) -> None:
    connection.execute("delete from audit_head")
    connection.execute("insert into audit_head (audit_id, link) values (?, ?)", (number, link))
    connection.execute("update topic set version = version + 1 where name = 'audit'")
