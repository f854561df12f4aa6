"""Where what stewards decided cannot all hold: a cannot-link between records that must be one.

Invariant: the answer depends on the decisions alone, not on their order.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Decided(Protocol):
    """A pair of records, what was decided of it and by which decision."""

    @property
    def record_l(self) -> str: ...  # noqa: D102 - the smaller record
    @property
    def record_r(self) -> str: ...  # noqa: D102 - the larger record
    @property
    def verdict(self) -> str: ...  # noqa: D102 - must_link or cannot_link
    @property
    def decision_id(self) -> int: ...  # noqa: D102 - who said so


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two records that must not be one, and the chain of must-links that makes them one.

    Attributes:
        record_l: the smaller record.
        record_r: the larger record.
        cannot: the decision that keeps them apart.
        chain: the decisions that join them, in the order of the chain, each once.
    """

    record_l: str
    record_r: str
    cannot: int
    chain: tuple[int, ...]

    @property
    def decisions(self) -> tuple[int, ...]:
        """Every decision that takes part, ascending."""
        return tuple(sorted({self.cannot, *self.chain}))


def groups(pairs: Iterable[Decided]) -> dict[str, str]:
    """Return, per record with a must-link, the smallest record that it must be one with."""
    neighbours = _joined(pairs)
    found: dict[str, str] = {}
    for start in sorted(neighbours):
        if start not in found:
            found.update(dict.fromkeys(_reached(neighbours, start), start))
    return found


def contradictions(pairs: Iterable[Decided]) -> list[Contradiction]:
    """Return every cannot-link that a chain of must-links contradicts, ordered by pair."""
    kept = list(pairs)
    neighbours, group = _joined(kept), groups(kept)
    found = [
        Contradiction(p.record_l, p.record_r, p.decision_id, _chain(neighbours, p))
        for p in kept
        if p.verdict == "cannot_link"
        and p.record_l in group
        and group[p.record_l] == group.get(p.record_r)
    ]
    return sorted(found, key=lambda c: (c.record_l, c.record_r, c.cannot))


Neighbours = dict[str, dict[str, int]]
"""Per record the records that it must be one with, each with the latest decision that says so."""


def _joined(pairs: Iterable[Decided]) -> Neighbours:
    neighbours: Neighbours = {}
    for pair in sorted(pairs, key=lambda p: p.decision_id):
        if pair.verdict == "must_link":
            neighbours.setdefault(pair.record_l, {})[pair.record_r] = pair.decision_id
            neighbours.setdefault(pair.record_r, {})[pair.record_l] = pair.decision_id
    return neighbours


def _reached(neighbours: Neighbours, start: str) -> Mapping[str, str]:
    """Return each record reached from the start with the one before it on a shortest way."""
    came_from = {start: start}
    waiting = deque([start])
    while waiting:
        record = waiting.popleft()
        for other in sorted(neighbours.get(record, {})):
            if other not in came_from:
                came_from[other] = record
                waiting.append(other)
    return came_from


def _chain(neighbours: Neighbours, pair: Decided) -> tuple[int, ...]:
    came_from = _reached(neighbours, pair.record_l)
    record, chain = pair.record_r, []
    while record != pair.record_l:
        before = came_from[record]
        chain.append(neighbours[before][record])
        record = before
    return tuple(dict.fromkeys(reversed(chain)))
