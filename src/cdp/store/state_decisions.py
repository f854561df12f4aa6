"""Steward decisions: two records are one party, or never are.

Append-only: a decision is never changed, only undone, and stays readable afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from cdp.errors import InputError, NotFoundError
from cdp.store.state import moment, stamp

if TYPE_CHECKING:
    from datetime import datetime

    from cdp.store.state import State

Verdict = Literal["must_link", "cannot_link"]
_COLUMNS = "decision_id, record_l, record_r, verdict, actor, reason, decided_at, undone_at"


@dataclass(frozen=True, slots=True)
class Decision:
    """One judgement on one pair; `record_l` is the smaller record_id."""

    decision_id: int
    record_l: str
    record_r: str
    verdict: Verdict
    actor: str
    reason: str
    decided_at: datetime
    undone_at: datetime | None


class Decisions:
    """The topic `decision` of the state file."""

    def __init__(self, state: State) -> None:
        self._state = state

    def add(
        self,
        record_a: str,
        record_b: str,
        verdict: Verdict,
        *,
        actor: str,
        reason: str,
        at: datetime,
    ) -> int:
        """Keep a decision and return its id; the pair may be named in either order.

        Raises:
            InputError: both names are the same record, or the verdict is unknown.
        """
        if record_a == record_b:
            msg = f"a decision needs two records; both are {record_a!r}"
            raise InputError(msg)
        if verdict not in {"must_link", "cannot_link"}:
            msg = f"verdict {verdict!r} is unknown; use must_link or cannot_link"
            raise InputError(msg)
        record_l, record_r = sorted((record_a, record_b))
        with self._state.writing() as connection:
            cursor = connection.execute(
                "insert into decision (record_l, record_r, verdict, actor, reason, decided_at) "
                "values (?, ?, ?, ?, ?, ?)",
                (record_l, record_r, verdict, actor, reason, stamp(at)),
            )
        return int(cast("int", cursor.lastrowid))

    def undo(self, decision_id: int, *, actor: str, at: datetime) -> None:
        """Take a decision out of force, keeping who did it and when.

        Raises:
            NotFoundError: no such decision is in force.
        """
        with self._state.writing() as connection:
            changed = connection.execute(
                "update decision set undone_at = ?, undone_by = ? "
                "where decision_id = ? and undone_at is null",
                (stamp(at), actor, decision_id),
            ).rowcount
        if changed == 0:
            msg = f"decision {decision_id} is not in force; nothing was undone"
            raise NotFoundError(msg)

    def in_force(self) -> list[Decision]:
        """Return the latest decision not undone of every pair, ordered by pair."""
        latest: dict[tuple[str, str], Decision] = {}
        for decision in self.every():
            if decision.undone_at is None:
                latest[decision.record_l, decision.record_r] = decision
        return [latest[pair] for pair in sorted(latest)]

    def every(self) -> list[Decision]:
        """Return all decisions ever made, oldest first."""
        rows = self._state.connection.execute(
            f"select {_COLUMNS} from decision order by decision_id"  # noqa: S608 - constant
        )
        return [_decision(row) for row in rows.fetchall()]


def _decision(row: tuple[Any, ...]) -> Decision:
    decision_id, record_l, record_r, verdict, actor, reason, decided_at, undone_at = row
    undone = moment(undone_at) if undone_at is not None else None
    return Decision(
        decision_id, record_l, record_r, verdict, actor, reason, moment(decided_at), undone
    )
