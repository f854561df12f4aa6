"""The review queue as stewards see it now: the published questions under today's decisions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cdp.store.state import State
from cdp.store.state_decisions import Decisions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from cdp.publish.served import Generation
    from cdp.store.state_decisions import DecidedPair

DIRECTIONS = ("apart", "joined")
STATUSES = ("open", "decided")


@dataclass(frozen=True, slots=True)
class Filter:
    """Which questions are wanted; None takes all."""

    direction: str | None = None
    status: str | None = "open"
    entity_type: str | None = None

    def takes(self, item: Mapping[str, Any]) -> bool:
        """Whether a question is wanted."""
        return all(
            wanted is None or item[field] == wanted
            for field, wanted in (
                ("direction", self.direction),
                ("status", self.status),
                ("entity_type", self.entity_type),
            )
        )


class Overlay:
    """What was decided, in force now, looked up by record."""

    def __init__(self, pairs: Iterable[DecidedPair]) -> None:
        self._others: dict[str, dict[str, int]] = {}
        for pair in pairs:
            for one, other in ((pair.record_l, pair.record_r), (pair.record_r, pair.record_l)):
                self._others.setdefault(one, {})[other] = pair.decision_id

    @staticmethod
    def read(home: Path) -> Overlay:
        """Return the decisions in force of the workspace's state file."""
        with State.open(home) as state:
            return Overlay(Decisions(state).in_force())

    def decision(self, item: Mapping[str, Any]) -> int | None:
        """Return the latest decision that speaks of records on both sides, None for none."""
        other_side = set(item["side_r"])
        found = [
            number
            for record in item["side_l"]
            for other, number in self._others.get(record, {}).items()
            if other in other_side
        ]
        return max(found, default=None)

    def shown(self, stored: bytes) -> dict[str, Any]:
        """Return a question with its status: what is decided waits for the next run."""
        item: dict[str, Any] = json.loads(stored)
        number = self.decision(item)
        return item | {
            "status": "open" if number is None else "decided",
            "decision_id": number,
        }


def items(
    generation: Generation, overlay: Overlay, wanted: Filter, after: str | None = None
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the wanted questions by worth, each with its place; from behind a place."""
    for place, stored in generation.reviews(after):
        item = overlay.shown(stored)
        if wanted.takes(item):
            yield place, item
