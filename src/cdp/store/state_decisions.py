"""Steward decisions: these records are one party, or those never are.

Append-only: a decision is never changed, only undone, and stays readable afterwards. A decision
is what a steward did at once; what it says of pairs of source records is what runs respect, so
that it outlives every other clustering.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from cdp.errors import CdpError, InputError, NotFoundError
from cdp.store.contradiction import contradictions
from cdp.store.state import moment, stamp
from cdp.store.state_acts import By, answer, answered, refuse_without_reason, taken_back
from cdp.store.state_audit import insert

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from datetime import datetime

    from cdp.store.state import State
    from cdp.store.state_acts import Once

Verdict = Literal["must_link", "cannot_link"]
Action = Literal["confirm", "reject", "merge", "split"]
_COLUMNS = (
    "decision_id, action, item_id, subject, actor, reason, decided_at, undone_at, undone_by, "
    "undone_reason, (select count(*) from decided_pair p where p.decision_id = d.decision_id)"
)


class ContradictionError(CdpError):
    """A decision that earlier ones forbid; `decisions` are the earlier ones to undo first."""

    def __init__(self, text: str, decisions: tuple[int, ...]) -> None:
        self.decisions = decisions
        super().__init__(text)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a steward wants to decide.

    Attributes:
        action: what was done.
        subject: the references as they were given.
        pairs: pairs of records with their verdict, each pair in either order.
        item_id: item of the review queue that it answers, None for none.
    """

    action: Action
    subject: tuple[str, ...]
    pairs: tuple[tuple[str, str, Verdict], ...]
    item_id: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """One thing that a steward decided; `pairs` is how many pairs of records it speaks of."""

    decision_id: int
    action: Action
    item_id: str | None
    subject: tuple[str, ...]
    actor: str
    reason: str
    decided_at: datetime
    undone_at: datetime | None
    undone_by: str | None
    undone_reason: str | None
    pairs: int


@dataclass(frozen=True, slots=True)
class DecidedPair:
    """What a decision says of one pair; `record_l` is the smaller record_id."""

    record_l: str
    record_r: str
    verdict: Verdict
    decision_id: int
    actor: str
    reason: str
    decided_at: datetime


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
        """Keep a decision on one pair as it is given, and return its id.

        It may contradict others (`decide` refuses that); the next run then says so.

        Raises:
            InputError: both names are the same record, or the verdict is unknown.
        """
        action: Action = "confirm" if verdict == "must_link" else "reject"
        proposal = Proposal(action, (record_a, record_b), ((record_a, record_b, verdict),))
        with self._state.writing() as connection:
            return _keep(connection, proposal, By(actor, reason, at))

    def decide(self, proposal: Proposal, by: By, once: Once | None = None) -> tuple[Decision, bool]:
        """Keep a decision unless earlier ones forbid it; return it and whether it is new.

        The same request under the same key again returns the decision made then.

        Raises:
            InputError: it says nothing new, or of a record and itself, or has no reason.
            ContradictionError: decisions in force say otherwise.
            ReusedKeyError: the key came with another request before.
        """
        with self._state.writing() as connection:
            made = answered(connection, once) if once else None
            if made is not None:
                return self.one(int(made)), False
            number = self._kept(connection, proposal, by)
            if once:
                answer(connection, once, str(number), by.at)
        return self.one(number), True

    def repeated(self, once: Once) -> Decision | None:
        """Return the decision that this very request made before, None when it is new.

        Raises:
            ReusedKeyError: the key came with another request before.
        """
        made = answered(self._state.connection, once)
        return None if made is None else self.one(int(made))

    def undo(self, decision_id: int, by: By) -> Decision:
        """Take a decision out of force, keeping who did it, when and why.

        Raises:
            NotFoundError: no such decision is in force.
        """
        if not taken_back(self._state, "decision", decision_id, by):
            msg = (
                f"decision {decision_id} is not in force; nothing was undone "
                "(`cdp review log` lists all decisions)"
            )
            raise NotFoundError(msg)
        return self.one(decision_id)

    def one(self, decision_id: int) -> Decision:
        """Return a decision.

        Raises:
            NotFoundError: it was never made.
        """
        sql = f"select {_COLUMNS} from decision d where decision_id = ?"  # noqa: S608 - constant
        rows = self._state.connection.execute(sql, (decision_id,)).fetchall()
        if not rows:
            msg = f"there is no decision {decision_id}; `cdp review log` lists all"
            raise NotFoundError(msg)
        return _decision(rows[0])

    def every(self) -> list[Decision]:
        """Return all decisions ever made, oldest first."""
        sql = f"select {_COLUMNS} from decision d order by decision_id"  # noqa: S608 - constant
        return [_decision(row) for row in self._state.connection.execute(sql).fetchall()]

    def page(self, limit: int, before: int | None = None) -> list[Decision]:
        """Return decisions, latest first, from before a decision."""
        sql = (
            f"select {_COLUMNS} from decision d "  # noqa: S608 - constant
            "where ? is null or decision_id < ? order by decision_id desc limit ?"
        )
        rows = self._state.connection.execute(sql, (before, before, limit)).fetchall()
        return [_decision(row) for row in rows]

    def pairs_of(self, decision_id: int) -> list[tuple[str, str, Verdict]]:
        """Return what a decision says, ordered by pair."""
        rows = self._state.connection.execute(
            "select record_l, record_r, verdict from decided_pair where decision_id = ? "
            "order by record_l, record_r",
            (decision_id,),
        )
        return [(left, right, verdict) for left, right, verdict in rows.fetchall()]

    def in_force(self) -> list[DecidedPair]:
        """Return what decisions not undone say, ordered by pair, then by decision."""
        return _in_force(self._state.connection)

    def _kept(self, connection: sqlite3.Connection, proposal: Proposal, by: By) -> int:
        refuse_without_reason(by, "decision")
        before = _in_force(connection)
        _refuse_repetition(before, proposal)
        number = _keep(connection, proposal, by)
        _refuse_contradiction(connection, before, number)
        insert(connection, by.accesses)
        return number


def _keep(connection: sqlite3.Connection, proposal: Proposal, by: By) -> int:
    pairs = {_ordered(*pair) for pair in proposal.pairs}
    if not pairs:
        msg = "a decision needs two records, or two profiles"
        raise InputError(msg)
    cursor = connection.execute(
        "insert into decision (action, item_id, subject, actor, reason, decided_at) "
        "values (?, ?, ?, ?, ?, ?)",
        (
            proposal.action,
            proposal.item_id,
            json.dumps(proposal.subject, ensure_ascii=False),
            by.actor,
            by.reason.strip(),
            stamp(by.at),
        ),
    )
    number = int(cast("int", cursor.lastrowid))
    rows = [(number, *pair) for pair in sorted(pairs)]
    connection.executemany("insert into decided_pair values (?, ?, ?, ?)", rows)
    return number


def _ordered(record_a: str, record_b: str, verdict: Verdict) -> tuple[str, str, Verdict]:
    if record_a == record_b:
        msg = f"a decision needs two records; both are {record_a!r}"
        raise InputError(msg)
    if verdict not in {"must_link", "cannot_link"}:
        msg = f"verdict {verdict!r} is unknown; use must_link or cannot_link"
        raise InputError(msg)
    return min(record_a, record_b), max(record_a, record_b), verdict


def _refuse_repetition(before: Iterable[DecidedPair], proposal: Proposal) -> None:
    known = {(p.record_l, p.record_r, p.verdict): p.decision_id for p in before}
    pairs = {_ordered(*pair) for pair in proposal.pairs}
    if pairs and pairs <= known.keys():
        number = max(known[pair] for pair in pairs)
        msg = f"decision {number} says so already; it takes effect at the next `cdp run`"
        raise InputError(msg)


def _refuse_contradiction(
    connection: sqlite3.Connection, before: list[DecidedPair], number: int
) -> None:
    new = [p for p in _in_force(connection, number) if p.decision_id == number]
    found = [c for c in contradictions([*before, *new]) if number in c.decisions]
    if not found:
        return
    first = found[0]
    by_id = {p.decision_id: p for p in before}
    others = tuple(n for n in first.decisions if n != number)
    said = "; ".join(
        f"decision {n} by {by_id[n].actor} on {by_id[n].decided_at:%Y-%m-%d} "
        f"({by_id[n].reason or 'no reason given'})"
        for n in others
    )
    more = f", and {len(found) - 1} more pairs" if len(found) > 1 else ""
    if first.cannot == number:
        claim = f"{first.record_l} and {first.record_r} must be one{more}"
    else:
        claim = f"{first.record_l} and {first.record_r} must stay apart{more}"
    undo = " or ".join(f"`cdp review undo {n}`" for n in others)
    msg = f"nothing was decided: {claim} by {said or 'the same decision'}" + (
        f"; first say {undo}" if others else "; name fewer records"
    )
    raise ContradictionError(msg, others)


def _in_force(connection: sqlite3.Connection, since: int = 0) -> list[DecidedPair]:
    rows = connection.execute(
        "select p.record_l, p.record_r, p.verdict, d.decision_id, d.actor, d.reason, d.decided_at "
        "from decided_pair p join decision d on p.decision_id = d.decision_id "
        "where d.undone_at is null and d.decision_id >= ? "
        "order by p.record_l, p.record_r, d.decision_id",
        (since,),
    )
    return [
        DecidedPair(left, right, verdict, number, actor, reason, moment(at))
        for left, right, verdict, number, actor, reason, at in rows.fetchall()
    ]


def _decision(row: tuple[Any, ...]) -> Decision:
    number, action, item_id, subject, actor, reason, decided_at, undone_at, *rest = row
    undone = moment(undone_at) if undone_at is not None else None
    return Decision(
        number,
        action,
        item_id,
        tuple(json.loads(subject)),
        actor,
        reason,
        moment(decided_at),
        undone,
        *rest,
    )
