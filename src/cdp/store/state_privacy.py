"""Requests of persons about their own data, tombstones and restrictions, in the state file.

Invariants: a request goes from received over running to done or failed and never back, but that
a running one may be taken up again; a tombstone is a keyed digest, from which nobody is known.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from cdp.errors import NotFoundError, StateError
from cdp.store.state import moment, stamp
from cdp.store.state_acts import answer, answered
from cdp.store.state_audit import insert

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from cdp.store.state import State
    from cdp.store.state_acts import By, Once

Type = Literal["access", "export", "erase", "restrict", "unrestrict", "readmit"]
Status = Literal["received", "running", "done", "failed"]
_COLUMNS: Final = (
    "request_id, type, status, ref, subject, reason, actor, received_at, due_at, finished_at, "
    "detail, answer"
)


@dataclass(frozen=True, slots=True)
class Request:
    """One request.

    Attributes:
        request_id: its id.
        type: what is asked.
        status: received, running, done or failed.
        ref: how the person was named; empty once an erasure is done.
        subject: id of the profile, empty once an erasure is done.
        reason: why, as it was said.
        actor: who wrote it down.
        received_at: when.
        due_at: until when it is to be carried out.
        finished_at: when it was done or failed.
        detail: why it failed, for people.
        answer: what came of it: counts, digests, a signature.
    """

    request_id: str
    type: Type
    status: Status
    ref: str
    subject: str
    reason: str
    actor: str
    received_at: datetime
    due_at: datetime
    finished_at: datetime | None = None
    detail: str | None = None
    answer: dict[str, Any] | None = None


class Requests:
    """The topic `privacy` of the state file."""

    def __init__(self, state: State) -> None:
        self._state = state

    def add(self, request: Request, by: By, once: Once | None = None) -> tuple[Request, bool]:
        """Keep a new request; return it and whether it is new.

        The same request under the same key again returns what was kept then.

        Raises:
            ReusedKeyError: the key came with another request before.
        """
        with self._state.writing() as connection:
            made = answered(connection, once) if once else None
            if made is None:
                marks = ", ".join("?" * 12)
                row = _row(request)
                connection.execute(
                    f"insert into privacy_request ({_COLUMNS}) values ({marks})",  # noqa: S608
                    row,
                )
                _moved(connection)
                insert(connection, by.accesses)
                if once:
                    answer(connection, once, request.request_id, by.at)
        return self.one(made or request.request_id), made is None

    def one(self, request_id: str) -> Request:
        """Return a request.

        Raises:
            NotFoundError: there is none of this id.
        """
        sql = f"select {_COLUMNS} from privacy_request where request_id = ?"  # noqa: S608 - ours
        rows = self._state.connection.execute(sql, (request_id,)).fetchall()
        if not rows:
            msg = f"there is no privacy request {request_id[:40]!r}; `cdp privacy list` shows all"
            raise NotFoundError(msg)
        return _request(rows[0])

    def page(self, limit: int, after: str | None = None) -> list[Request]:
        """Return requests, latest first, from behind the one of this id."""
        sql = (
            f"select {_COLUMNS} from privacy_request "  # noqa: S608 - ours
            "where ? is null or (received_at, request_id) < "
            "(select received_at, request_id from privacy_request where request_id = ?) "
            "order by received_at desc, request_id desc limit ?"
        )
        rows = self._state.connection.execute(sql, (after, after, limit)).fetchall()
        return [_request(row) for row in rows]

    def waiting(self) -> list[Request]:
        """Return the requests that are to be carried out, oldest first; one that stopped midway."""
        sql = (
            f"select {_COLUMNS} from privacy_request "  # noqa: S608 - ours
            "where status in ('received', 'running') order by received_at, request_id"
        )
        return [_request(row) for row in self._state.connection.execute(sql).fetchall()]

    def about(self, subjects: Iterable[str]) -> list[str]:
        """Return the ids of the requests about these profiles."""
        rows = self._state.connection.execute(
            "select request_id from privacy_request "
            "where subject <> '' and subject in (select value from json_each(?)) "
            "order by request_id",
            (json.dumps(list(subjects)),),
        )
        return [request_id for (request_id,) in rows.fetchall()]

    def begin(self, request_id: str) -> None:
        """Say that a request is being carried out.

        Raises:
            StateError: it is done, or failed.
        """
        with self._state.writing() as connection:
            changed = connection.execute(
                "update privacy_request set status = 'running' "
                "where request_id = ? and status in ('received', 'running')",
                (request_id,),
            ).rowcount
            _moved(connection)
        if not changed:
            msg = f"privacy request {request_id} is finished; make a new one"
            raise StateError(msg)

    def finish(self, request_id: str, at: datetime, answered: Mapping[str, Any]) -> None:
        """Say that a request is done, and what came of it."""
        self._end(request_id, "done", at, None, json.dumps(answered, ensure_ascii=False))

    def fail(self, request_id: str, at: datetime, detail: str) -> None:
        """Say that a request failed, and why."""
        self._end(request_id, "failed", at, detail, None)

    def forget(self, request_id: str, digest: str) -> None:
        """Leave of whom a request was about no more than a keyed digest."""
        with self._state.writing() as connection:
            connection.execute(
                "update privacy_request set ref = ?, subject = '', reason = '' "
                "where request_id = ?",
                (f"erased:{digest}", request_id),
            )
            _moved(connection)

    def _end(
        self, request_id: str, status: Status, at: datetime, detail: str | None, said: str | None
    ) -> None:
        with self._state.writing() as connection:
            connection.execute(
                "update privacy_request set status = ?, finished_at = ?, detail = ?, answer = ? "
                "where request_id = ?",
                (status, stamp(at), detail, said, request_id),
            )
            _moved(connection)


class Tombstones:
    """The topic `tombstone` of the state file: what must not come back."""

    def __init__(self, state: State) -> None:
        self._state = state

    def add(self, digests: Mapping[str, str], request_id: str) -> None:
        """Keep digests, each with what it is of (record, contact or profile)."""
        rows = [(digest, kind, request_id) for digest, kind in sorted(digests.items())]
        with self._state.writing() as connection:
            connection.executemany("insert or ignore into tombstone values (?, ?, ?)", rows)

    def lift(self, digests: Iterable[str]) -> int:
        """Forget these digests and all that were kept for the same erasures; return how many."""
        with self._state.writing() as connection:
            requests = {
                row[0]
                for digest in digests
                for row in connection.execute(
                    "select request_id from tombstone where digest = ?", (digest,)
                ).fetchall()
            }
            gone = 0
            for request_id in sorted(requests):
                gone += connection.execute(
                    "delete from tombstone where request_id = ? and kind <> 'profile'",
                    (request_id,),
                ).rowcount
        return gone

    def every(self) -> list[str]:
        """Return all digests, sorted."""
        rows = self._state.connection.execute("select digest from tombstone order by digest")
        return [digest for (digest,) in rows.fetchall()]

    def of(self, request_id: str) -> list[str]:
        """Return the digests that were kept for an erasure, sorted."""
        rows = self._state.connection.execute(
            "select digest from tombstone where request_id = ? order by digest", (request_id,)
        )
        return [digest for (digest,) in rows.fetchall()]


class Restrictions:
    """The topic `restriction` of the state file: whose processing is restricted."""

    def __init__(self, state: State) -> None:
        self._state = state

    def add(self, records: Iterable[str], request_id: str, at: datetime) -> None:
        """Restrict the processing of these source records."""
        rows = [(record, request_id, stamp(at)) for record in sorted(set(records))]
        with self._state.writing() as connection:
            connection.executemany("insert or ignore into restriction values (?, ?, ?)", rows)

    def lift(self, records: Iterable[str]) -> int:
        """Restrict these records no longer; return how many were."""
        with self._state.writing() as connection:
            return sum(
                connection.execute("delete from restriction where record_id = ?", (r,)).rowcount
                for r in sorted(set(records))
            )

    def every(self) -> list[str]:
        """Return the restricted records, sorted."""
        rows = self._state.connection.execute("select record_id from restriction order by 1")
        return [record for (record,) in rows.fetchall()]


def _moved(connection: sqlite3.Connection) -> None:
    connection.execute("update topic set version = version + 1 where name = 'privacy'")


def _row(request: Request) -> tuple[Any, ...]:
    finished = stamp(request.finished_at) if request.finished_at else None
    said = json.dumps(request.answer, ensure_ascii=False) if request.answer is not None else None
    return (
        *(request.request_id, request.type, request.status, request.ref, request.subject),
        *(request.reason, request.actor, stamp(request.received_at), stamp(request.due_at)),
        *(finished, request.detail, said),
    )


def _request(row: tuple[Any, ...]) -> Request:
    request_id, type_, status, ref, subject, reason, actor, *dates, detail, said = row
    received_at, due_at, finished_at = dates
    return Request(
        *(request_id, type_, status, ref, subject, reason, actor),
        moment(received_at),
        moment(due_at),
        moment(finished_at) if finished_at else None,
        detail,
        json.loads(said) if said else None,
    )
