"""Corrections: what people set right of records that arrived, drop, or let through all the same.

Append-only: a correction is never changed, only undone, and stays readable afterwards. It speaks
of a record by its source, object and key, and of the version that people looked at; what arrived
stays as it came.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from cdp.errors import NotFoundError
from cdp.store.state import moment, stamp
from cdp.store.state_acts import answer, answered, refuse_without_reason, taken_back
from cdp.store.state_audit import insert

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from cdp.store.state import State
    from cdp.store.state_acts import By, Once

Kind = Literal["set", "drop", "allow"]
Scalar = str | int | float | bool | None
_COLUMNS: Final = (
    "correction_id, kind, source, object, native_id, seq, changes, actor, reason, made_at, "
    "undone_at, undone_by, undone_reason"
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants of one record.

    Attributes:
        kind: set fields right, drop the record, or allow this version in spite of its rules.
        source: source instance.
        object: its own name of the object.
        native_id: its own key of the record.
        seq: the version that was looked at.
        changes: new values by path of the field.
    """

    kind: Kind
    source: str
    object: str
    native_id: str
    seq: int
    changes: Mapping[str, Scalar]


@dataclass(frozen=True, slots=True)
class Correction:
    """A wish that was kept: its number, who had it, why and when."""

    correction_id: int
    wish: Wish
    actor: str
    reason: str
    made_at: datetime
    undone_at: datetime | None
    undone_by: str | None
    undone_reason: str | None


class Corrections:
    """The topic `correction` of the state file."""

    def __init__(self, state: State) -> None:
        self._state = state

    def add(
        self, wishes: Iterable[Wish], by: By, once: Once | None = None
    ) -> tuple[list[Correction], bool]:
        """Keep wishes, all or none; return them as kept and whether they are new.

        The same request under the same key again returns what was kept then.

        Raises:
            InputError: there is no reason.
            ReusedKeyError: the key came with another request before.
        """
        refuse_without_reason(by, "correction")
        with self._state.writing() as connection:
            made = answered(connection, once) if once else None
            if made is not None:
                numbers: list[int] = json.loads(made)
            else:
                numbers = _keep(connection, wishes, by)
                insert(connection, by.accesses)
                if once:
                    answer(connection, once, json.dumps(numbers), by.at)
        kept = {c.correction_id: c for c in self.every()}
        return [kept[number] for number in numbers], made is None

    def undo(self, correction_id: int, by: By) -> Correction:
        """Take a correction out of force, keeping who did it, when and why.

        Raises:
            NotFoundError: no such correction is in force.
        """
        if not taken_back(self._state, "correction", correction_id, by):
            msg = f"correction {correction_id} is not in force any more; nothing was undone"
            raise NotFoundError(msg)
        return next(c for c in self.every() if c.correction_id == correction_id)

    def every(self) -> list[Correction]:
        """Return all corrections ever made, oldest first."""
        sql = f"select {_COLUMNS} from correction order by correction_id"  # noqa: S608 - constant
        return [_correction(row) for row in self._state.connection.execute(sql).fetchall()]

    def latest(self, limit: int, before: int | None = None) -> list[Correction]:
        """Return corrections, latest first, from before this number on."""
        sql = (
            f"select {_COLUMNS} from correction "  # noqa: S608 - constant
            "where ? is null or correction_id < ? order by correction_id desc limit ?"
        )
        rows = self._state.connection.execute(sql, (before, before, limit)).fetchall()
        return [_correction(row) for row in rows]

    def in_force(self) -> list[Correction]:
        """Return the corrections that were not undone, oldest first."""
        return [correction for correction in self.every() if correction.undone_at is None]


def _keep(connection: sqlite3.Connection, wishes: Iterable[Wish], by: By) -> list[int]:
    numbers = []
    for wish in wishes:
        changes = json.dumps(dict(wish.changes), ensure_ascii=False)
        cursor = connection.execute(
            "insert into correction (kind, source, object, native_id, seq, changes, actor, reason, "
            "made_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(wish.kind, wish.source, wish.object, wish.native_id, wish.seq, changes),
                *(by.actor, by.reason.strip(), stamp(by.at)),
            ),
        )
        numbers.append(int(cursor.lastrowid or 0))
    return numbers


def _correction(row: tuple[Any, ...]) -> Correction:
    number, kind, source, name, native_id, seq, changes, actor, reason, made_at, *undone = row
    wish = Wish(kind, source, name, native_id, seq, json.loads(changes))
    at, undone_by, undone_reason = undone
    undone_at = moment(at) if at is not None else None
    return Correction(
        number, wish, actor, reason, moment(made_at), undone_at, undone_by, undone_reason
    )
