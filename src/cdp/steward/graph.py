"""The records of one party as a graph: what holds it together, and where it is weakest."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Edge = Mapping[str, Any]


def backbone(edges: Iterable[Edge]) -> list[Edge]:
    """Return the fewest, strongest pairs that hold records together, strongest first.

    A maximum spanning forest (Kruskal, 1956) over the match weights; what a steward decided
    comes before what the model says.
    """
    group: dict[str, str] = {}

    def root(record: str) -> str:
        while (above := group.get(record, record)) != record:
            record = above
        return record

    kept = []
    for edge in sorted(edges, key=_strength):
        one, other = root(edge["record_l"]), root(edge["record_r"])
        if one != other:
            group[one] = other
            kept.append(edge)
    return kept


def strongest_path(edges: Iterable[Edge], start: str, end: str) -> list[Edge]:
    """Return the chain of pairs from one record to another whose weakest pair is strongest.

    It is the way through the maximum spanning forest (Hu, 1961); empty when there is none.
    """
    neighbours: dict[str, dict[str, Edge]] = {}
    for edge in backbone(edges):
        neighbours.setdefault(edge["record_l"], {})[edge["record_r"]] = edge
        neighbours.setdefault(edge["record_r"], {})[edge["record_l"]] = edge
    came_from: dict[str, tuple[str, Edge]] = {}
    waiting = deque([start])
    while waiting and end not in came_from:
        record = waiting.popleft()
        for other, edge in sorted(neighbours.get(record, {}).items()):
            if other != start and other not in came_from:
                came_from[other] = (record, edge)
                waiting.append(other)
    return _walked(came_from, end)


def weakest(path: Iterable[Edge]) -> Edge | None:
    """Return the pair of a path that holds it together least, None for an empty path."""
    return max(path, key=_strength, default=None)


def records_along(path: Iterable[Edge], start: str) -> list[str]:
    """Return the records of a path in their order, both ends included."""
    records = [start]
    for edge in path:
        is_left = edge["record_l"] == records[-1]
        records.append(str(edge["record_r"] if is_left else edge["record_l"]))
    return records if len(records) > 1 else []


def _walked(came_from: Mapping[str, tuple[str, Edge]], end: str) -> list[Edge]:
    path: list[Edge] = []
    record = end
    while record in came_from:
        record, edge = came_from[record]
        path.append(edge)
    return path[::-1]


def _strength(edge: Edge) -> tuple[bool, float, str, str]:
    return (
        edge.get("decided_by") != "must_link",
        -edge["match_weight"],
        edge["record_l"],
        edge["record_r"],
    )
