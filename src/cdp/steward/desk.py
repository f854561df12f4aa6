"""What a steward decides: turned into facts about source records, checked, kept, audited.

A decision about two profiles speaks of every record of the one with every record of the other,
so that no chain of other records can undo it: no later cluster holds a record of each side.
Records that arrive later join the side they belong to. Records named one by one stand for their
profiles when these differ (a person is what was judged, not a row), except for the records that
a decision in force has already taken out of there.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, Final

from cdp.errors import InputError
from cdp.steward.party import Parties, Party
from cdp.store.state import State
from cdp.store.state_acts import By, Once
from cdp.store.state_audit import Access
from cdp.store.state_decisions import Decision, Decisions, Proposal, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from cdp.store.state_decisions import Action, DecidedPair

MOST_PAIRS: Final = 250_000
_VERDICTS: Final[dict[str, Verdict]] = {
    "confirm": "must_link",
    "merge": "must_link",
    "reject": "cannot_link",
    "split": "cannot_link",
}


@dataclass(frozen=True, slots=True)
class Order:
    """What a steward asks for.

    Attributes:
        action: confirm or reject (an item of the queue, or two references), merge (two or more
            references) or split (one reference and the records to take out).
        item_id: the item that is answered.
        refs: records or references, where no item is answered.
        records: the records to take out in a split.
    """

    action: Action
    item_id: str | None = None
    refs: tuple[str, ...] = ()
    records: tuple[str, ...] = ()

    @property
    def subject(self) -> tuple[str, ...]:
        """Everything that was named, in order."""
        return (*((self.item_id,) if self.item_id else ()), *self.refs, *self.records)


@dataclass(frozen=True, slots=True)
class Steward:
    """Who decides, why and when; `key_id` and `request_id` are a caller's of the API."""

    name: str
    reason: str
    at: datetime
    key_id: str = ""
    request_id: str = ""
    once: str | None = None


@dataclass(frozen=True, slots=True)
class _Sides:
    """Two sets of records that a verdict is about, with the profiles they are in."""

    one: tuple[str, ...]
    other: tuple[str, ...]
    profiles: tuple[str, ...]


class Desk:
    """Decisions on one workspace."""

    def __init__(self, home: Path, country: str) -> None:
        self._home = home
        self._country = country

    def decide(self, order: Order, steward: Steward) -> tuple[Decision, bool]:
        """Keep a decision and return it, and whether it is new; the next run respects it.

        Raises:
            InputError: it is incomplete, says nothing new, or joins what is never one.
            NotFoundError: an item, a record or a reference is unknown.
            ContradictionError: decisions in force say otherwise.
            ReusedKeyError: the Idempotency-Key came with another request before.
            StateError: nothing is published.
        """
        once = self._once(order, steward)
        with State.open(self._home) as state:
            decisions = Decisions(state)
            made = decisions.repeated(once) if once else None
            if made is not None:
                return made, False
            with Parties.open(self._home, self._country) as parties:
                sides = _Table(parties, decisions.in_force()).sides(order)
            pairs = _pairs(sides, _VERDICTS[order.action])
            proposal = Proposal(order.action, order.subject, pairs, order.item_id)
            profiles = dict.fromkeys(p for side in sides for p in side.profiles)
            return decisions.decide(proposal, _by(steward, order.action, profiles), once)

    def undo(self, decision_id: int, steward: Steward) -> Decision:
        """Take a decision out of force; the next run does without it.

        Raises:
            NotFoundError: no such decision is in force.
        """
        with State.open(self._home) as state:
            decisions = Decisions(state)
            subject = f"decision:{decision_id}"
            return decisions.undo(decision_id, _by(steward, "undo", [subject]))

    def one(self, decision_id: int) -> tuple[Decision, list[tuple[str, str, Verdict]]]:
        """Return a decision and what it says of which records.

        Raises:
            NotFoundError: it was never made.
        """
        with State.open(self._home) as state:
            decisions = Decisions(state)
            return decisions.one(decision_id), decisions.pairs_of(decision_id)

    def log(self, limit: int, before: int | None = None) -> list[Decision]:
        """Return decisions, latest first, from before a decision."""
        with State.open(self._home) as state:
            return Decisions(state).page(limit, before)

    @staticmethod
    def _once(order: Order, steward: Steward) -> Once | None:
        if steward.once is None:
            return None
        asked = [order.action, order.item_id, order.refs, order.records, steward.reason]
        request = hashlib.sha256(json.dumps(asked).encode()).hexdigest()
        return Once(steward.key_id, steward.once, request)


class _Table:
    """What is known while a decision is worked out: the parties, and what is decided already."""

    def __init__(self, parties: Parties, in_force: Iterable[DecidedPair]) -> None:
        self._parties = parties
        self._apart: dict[str, set[str]] = {}
        for pair in in_force:
            if pair.verdict == "cannot_link":
                self._apart.setdefault(pair.record_l, set()).add(pair.record_r)
                self._apart.setdefault(pair.record_r, set()).add(pair.record_l)

    def sides(self, order: Order) -> list[_Sides]:
        """Return what the verdict of an order is about."""
        if order.item_id is not None:
            if order.refs or order.records or order.action not in {"confirm", "reject"}:
                msg = "an item of the queue is confirmed or rejected, without further references"
                raise InputError(msg)
            return [self._asked(order.item_id)]
        if order.action == "split":
            return [self._split(order)]
        if len(order.refs) < 2 or (order.action != "merge" and len(order.refs) > 2):  # noqa: PLR2004 - a pair
            msg = (
                f"name {'two or more' if order.action == 'merge' else 'two'} records or references"
            )
            raise InputError(msg)
        first, *others = (self._parties.find(ref) for ref in order.refs)
        if order.action in {"merge", "confirm"}:
            for other in others:
                _refuse_unlike(first, other)
        return [self._between(first, other) for other in others]

    def _asked(self, item_id: str) -> _Sides:
        item: dict[str, Any] = json.loads(self._parties.generation.review(item_id))
        profiles = tuple(p for p in (item["profile_id"], item["other_id"]) if p)
        return _Sides(tuple(item["side_l"]), tuple(item["side_r"]), profiles)

    def _split(self, order: Order) -> _Sides:
        if len(order.refs) != 1 or not order.records:
            msg = "name one profile and the records to take out of it"
            raise InputError(msg)
        whole = self._parties.find(order.refs[0])
        strangers = sorted(set(order.records) - set(whole.members))
        if strangers:
            msg = (
                f"{', '.join(strangers)} is no record of {whole.profile_id}, which holds "
                f"{', '.join(whole.members)}"
            )
            raise InputError(msg)
        rest = tuple(r for r in whole.members if r not in set(order.records))
        if not rest:
            msg = f"{whole.profile_id} has no other records; leave at least one in it"
            raise InputError(msg)
        return _Sides(tuple(dict.fromkeys(order.records)), rest, (whole.profile_id,))

    def _between(self, one: Party, other: Party) -> _Sides:
        if one.profile_id != other.profile_id:
            profiles = (one.profile_id, other.profile_id)
            return _Sides(self._core(one), self._core(other), profiles)
        if one.record is None or other.record is None or one.record == other.record:
            msg = (
                f"{one.reference} and {other.reference} are the same "
                f"({one.profile_id}); name two of its records, or split it"
            )
            raise InputError(msg)
        return _Sides((one.record,), (other.record,), (one.profile_id,))

    def _core(self, party: Party) -> tuple[str, ...]:
        """Return the records that a reference stands for."""
        if party.record is None:
            return party.members
        gone = self._apart.get(party.record, set())
        return tuple(r for r in party.members if r not in gone)


def _refuse_unlike(one: Party, other: Party) -> None:
    kinds = {one.entity_type, other.entity_type}
    if kinds in ({"person"}, {"organisation"}, {"person", "visitor"}):
        return
    msg = (
        f"{one.reference} is {_a(one.entity_type)} and {other.reference} {_a(other.entity_type)}; "
        "only persons with persons, organisations with organisations, and a visitor with the "
        "person who used the device can be one"
    )
    raise InputError(msg)


def _a(kind: str) -> str:
    return f"an {kind}" if kind == "organisation" else f"a {kind}"


def _pairs(sides: list[_Sides], verdict: Verdict) -> tuple[tuple[str, str, Verdict], ...]:
    size = sum(len(s.one) * len(s.other) for s in sides)
    if size > MOST_PAIRS:
        msg = f"this speaks of {size:,} pairs of records, more than {MOST_PAIRS:,}; split first"
        raise InputError(msg)
    return tuple((a, b, verdict) for s in sides for a, b in product(s.one, s.other))


def _by(steward: Steward, action: str, subjects: Iterable[str]) -> By:
    accesses = tuple(
        Access(
            steward.at,
            steward.request_id,
            steward.key_id or f"cli:{steward.name}",
            f"decision.{action}",
            subject,
            "",
            steward.reason,
        )
        for subject in subjects
    )
    return By(steward.name, steward.reason, steward.at, accesses)
