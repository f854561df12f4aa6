"""Exports that were asked for over HTTP: what is wished, how far each is, what came of it.

Invariant: an export that was asked for is carried out by whoever comes first, and its outcome is
kept with it; nobody is named but who asked.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from cdp.errors import NotFoundError
from cdp.store.state import moment, stamp

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cdp.store.state import State

Status = Literal["received", "running", "done", "failed"]
_COLUMNS: Final = (
    "export_id, segment, destination, wish, status, actor, received_at, finished_at, detail, answer"
)


@dataclass(frozen=True, slots=True)
class Job:
    """One export.

    Attributes:
        destination: name of the destination of the workspace, None where the wish says how.
        wish: format, purpose, columns, ... as they were sent.
        detail: why it failed.
        answer: its manifest, and the folder that its files are in.
    """

    export_id: str
    segment: str
    destination: str | None
    wish: Mapping[str, Any]
    status: Status
    actor: str
    received_at: datetime
    finished_at: datetime | None = None
    detail: str | None = None
    answer: Mapping[str, Any] | None = None


class Exports:
    """The exports in the state file."""

    def __init__(self, state: State) -> None:
        self._state = state

    def add(self, job: Job) -> None:
        """Keep a new export."""
        values = (
            *(job.export_id, job.segment, job.destination, json.dumps(dict(job.wish))),
            *(job.status, job.actor, stamp(job.received_at), None, None, None),
        )
        with self._state.writing() as connection:
            connection.execute(
                f"insert into export_job ({_COLUMNS}) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - ours
                values,
            )

    def one(self, segment: str, export_id: str) -> Job:
        """Return an export of a segment.

        Raises:
            NotFoundError: there is none of this id.
        """
        found = self._read("segment = ? and export_id = ?", segment, export_id)
        if not found:
            msg = f"there is no export {export_id!r} of segment {segment!r}"
            raise NotFoundError(msg)
        return found[0]

    def page(self, segment: str, limit: int, after: str | None = None) -> list[Job]:
        """Return exports of a segment, latest first, from behind the one of this id."""
        return self._read(
            "segment = ? and (? is null or (received_at, export_id) < "
            "(select received_at, export_id from export_job where export_id = ?)) "
            "order by received_at desc, export_id desc limit ?",
            *(segment, after, after, limit),
        )

    def waiting(self) -> list[Job]:
        """Return what is to be carried out, oldest first; what was stopped midway too."""
        return self._read("status in ('received', 'running') order by received_at, export_id")

    def begin(self, export_id: str) -> None:
        """Say that an export is being carried out."""
        with self._state.writing() as connection:
            connection.execute(
                "update export_job set status = 'running' where export_id = ?", (export_id,)
            )

    def end(
        self,
        export_id: str,
        at: datetime,
        *,
        answer: Mapping[str, Any] | None = None,
        detail: str | None = None,
    ) -> None:
        """Say what came of an export: its answer, or why it failed."""
        said = json.dumps(dict(answer), ensure_ascii=False) if answer is not None else None
        with self._state.writing() as connection:
            connection.execute(
                "update export_job set status = ?, finished_at = ?, detail = ?, answer = ? "
                "where export_id = ?",
                ("done" if detail is None else "failed", stamp(at), detail, said, export_id),
            )

    def _read(self, condition: str, *values: object) -> list[Job]:
        sql = f"select {_COLUMNS} from export_job where {condition}"  # noqa: S608 - ours
        rows: list[tuple[Any, ...]] = self._state.connection.execute(sql, values).fetchall()
        return [_job(row) for row in rows]


def _job(row: tuple[Any, ...]) -> Job:
    export_id, segment, destination, wish, status, actor, received, finished, detail, said = row
    return Job(
        *(export_id, segment, destination, json.loads(wish), status, actor),
        moment(received),
        moment(finished) if finished else None,
        detail,
        json.loads(said) if said else None,
    )
