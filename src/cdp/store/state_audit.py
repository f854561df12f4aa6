"""The audit log as the state file keeps it: who saw whose personal data, when, what for."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cdp.store.state import moment, stamp

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from datetime import datetime

    from cdp.store.state import State


class Access(NamedTuple):
    """One access to the personal data of one subject (a profile or account id, or a search)."""

    at: datetime
    request_id: str
    key_id: str
    action: str
    subject: str
    purpose: str
    detail: str


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
            "select at, request_id, key_id, action, subject, purpose, detail from audit "
            "where subject = ? order by audit_id",
            (subject,),
        )
        return [Access(moment(at), *rest) for at, *rest in rows.fetchall()]


def insert(connection: sqlite3.Connection, accesses: Iterable[Access]) -> None:
    """Add accesses inside the caller's transaction."""
    rows = [
        (stamp(a.at), a.request_id, a.key_id, a.action, a.subject, a.purpose, a.detail)
        for a in accesses
    ]
    if rows:
        connection.executemany(
            "insert into audit (at, request_id, key_id, action, subject, purpose, detail) "
            "values (?, ?, ?, ?, ?, ?, ?)",
            rows,
        )
        connection.execute("update topic set version = version + 1 where name = 'audit'")
