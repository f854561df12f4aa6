"""What people do in the state file: who did it, why and when, once however often it was sent.

Append-only: what was done is never changed, only undone, and stays readable afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cdp.errors import CdpError, InputError
from cdp.store.state import stamp
from cdp.store.state_audit import insert

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime

    from cdp.store.state import State
    from cdp.store.state_audit import Access

Act = Literal["decision", "correction", "dismissal"]
"""What can be done and undone; each is a table with a number `<act>_id`."""


class ReusedKeyError(CdpError):
    """An Idempotency-Key that was sent before with another request."""


@dataclass(frozen=True, slots=True)
class Once:
    """A request that a caller may send again: its key, and a fingerprint of what was sent."""

    caller: str
    key: str
    request: str


@dataclass(frozen=True, slots=True)
class By:
    """Who acts, why and when; `accesses` go into the audit log with it."""

    actor: str
    reason: str
    at: datetime
    accesses: tuple[Access, ...] = ()


def refuse_without_reason(by: By, act: Act) -> None:
    """Return where somebody says why.

    Raises:
        InputError: there is no reason.
    """
    if not by.reason.strip():
        msg = f"a {act} needs its reason: say in a few words what it is known from"
        raise InputError(msg)


def answered(connection: sqlite3.Connection, once: Once) -> str | None:
    """Return what this very request was answered before, None when it is new.

    Raises:
        ReusedKeyError: the key came with another request before.
    """
    rows = connection.execute(
        "select request, answer from once where caller = ? and key = ?", (once.caller, once.key)
    ).fetchall()
    if not rows:
        return None
    if rows[0][0] != once.request:
        msg = f"the Idempotency-Key {once.key!r} came with another request before; send a new key"
        raise ReusedKeyError(msg)
    return str(rows[0][1])


def answer(connection: sqlite3.Connection, once: Once, said: str, at: datetime) -> None:
    """Keep what a request was answered."""
    values = (once.caller, once.key, once.request, said, stamp(at))
    connection.execute("insert into once values (?, ?, ?, ?, ?)", values)


def taken_back(state: State, act: Act, number: int, by: By) -> bool:
    """Take something out of force, and return whether it was in force until now."""
    with state.writing() as connection:
        changed = connection.execute(
            f"update {act} set undone_at = ?, undone_by = ?, undone_reason = ? "  # noqa: S608 - ours
            f"where {act}_id = ? and undone_at is null",
            (stamp(by.at), by.actor, by.reason, number),
        ).rowcount
        if changed:
            insert(connection, by.accesses)
    return bool(changed)
