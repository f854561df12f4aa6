"""Dismissals: agents said of a call that a party was not the caller.

Append-only: a dismissal is never changed, only undone, and stays readable afterwards. It says
something of one telephone number and one party, nothing of which records belong together: that is
for stewards to decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from cdp.errors import NotFoundError
from cdp.store.state import moment, stamp
from cdp.store.state_acts import answer, answered, refuse_without_reason, taken_back
from cdp.store.state_audit import insert

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from cdp.store.state import State
    from cdp.store.state_acts import By, Once

_COLUMNS: Final = (
    "dismissal_id, phone, party_id, call_id, actor, reason, made_at, "
    "undone_at, undone_by, undone_reason"
)


@dataclass(frozen=True, slots=True)
class Dismissal:
    """One statement that a party was not who called; `call_id` is the telephone system's own."""

    dismissal_id: int
    phone: str
    party_id: str
    call_id: str | None
    actor: str
    reason: str
    made_at: datetime
    undone_at: datetime | None
    undone_by: str | None
    undone_reason: str | None


class Dismissals:
    """The topic `dismissal` of the state file."""

    def __init__(self, state: State) -> None:
        self._state = state

    def add(
        self, call: tuple[str, str | None], party_id: str, by: By, once: Once | None = None
    ) -> tuple[Dismissal, bool]:
        """Keep that a party was not the caller of (number, call id); return it, whether it is new.

        The same request under the same key again returns what was kept then.

        Raises:
            InputError: there is no reason.
            ReusedKeyError: the key came with another request before.
        """
        refuse_without_reason(by, "dismissal")
        phone, call_id = call
        with self._state.writing() as connection:
            made = answered(connection, once) if once else None
            if made is not None:
                return self.one(int(made)), False
            cursor = connection.execute(
                "insert into dismissal (phone, party_id, call_id, actor, reason, made_at) "
                "values (?, ?, ?, ?, ?, ?)",
                (phone, party_id, call_id, by.actor, by.reason.strip(), stamp(by.at)),
            )
            number = int(cast("int", cursor.lastrowid))
            insert(connection, by.accesses)
            if once:
                answer(connection, once, str(number), by.at)
        return self.one(number), True

    def undo(self, dismissal_id: int, by: By) -> Dismissal:
        """Take a dismissal out of force, keeping who did it, when and why.

        Raises:
            NotFoundError: no such dismissal is in force.
        """
        if not taken_back(self._state, "dismissal", dismissal_id, by):
            msg = f"dismissal {dismissal_id} is not in force; nothing was undone"
            raise NotFoundError(msg)
        return self.one(dismissal_id)

    def one(self, dismissal_id: int) -> Dismissal:
        """Return a dismissal.

        Raises:
            NotFoundError: it was never made.
        """
        found = self._read("where dismissal_id = ?", (dismissal_id,))
        if not found:
            msg = f"there is no dismissal {dismissal_id}"
            raise NotFoundError(msg)
        return found[0]

    def of_number(self, phone: str) -> list[Dismissal]:
        """Return those in force of a number, oldest first."""
        return self._read("where phone = ? and undone_at is null order by dismissal_id", (phone,))

    def of_party(self, party_id: str) -> list[Dismissal]:
        """Return those in force of a party, oldest first."""
        return self._read(
            "where party_id = ? and undone_at is null order by dismissal_id", (party_id,)
        )

    def page(self, limit: int, before: int | None = None) -> list[Dismissal]:
        """Return all ever made, latest first, from before one of them."""
        return self._read(
            "where ? is null or dismissal_id < ? order by dismissal_id desc limit ?",
            (before, before, limit),
        )

    def _read(self, which: str, values: Iterable[object]) -> list[Dismissal]:
        sql = f"select {_COLUMNS} from dismissal {which}"  # noqa: S608 - constants
        rows = self._state.connection.execute(sql, tuple(values)).fetchall()
        return [_dismissal(row) for row in rows]


def _dismissal(row: tuple[str | int | None, ...]) -> Dismissal:
    *_, made_at, undone_at, undone_by, undone_reason = cast("tuple[str, ...]", row)
    number, phone, party_id, call_id, actor, reason = cast("tuple[str, ...]", row[:6])
    return Dismissal(
        int(number),
        phone,
        party_id,
        call_id,
        actor,
        reason,
        moment(made_at),
        moment(undone_at) if undone_at else None,
        undone_by,
        undone_reason,
    )
