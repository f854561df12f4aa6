"""Why two records, or two profiles, are one party or are not, read from the published file."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from cdp.errors import InputError, NotFoundError, StateError
from cdp.publish.reference import parse
from cdp.publish.served import Generation
from cdp.store import goldfile, manifest
from cdp.store.state import State
from cdp.store.state_decisions import Decisions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import duckdb


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two that are compared: a single record, or a profile with all of its own."""

    reference: str
    profile_id: str
    records: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """What speaks for and against two being one.

    Attributes:
        one: what was compared.
        other: with what.
        edges: scored pairs between them, strongest first, with the weight of every comparison.
        path: records through which two records of one profile hang together, ends included.
        decisions: what stewards said of pairs between them, in force.
    """

    one: Side
    other: Side
    edges: tuple[dict[str, Any], ...]
    path: tuple[str, ...]
    decisions: tuple[dict[str, str], ...]

    @property
    def is_one(self) -> bool:
        """Whether both belong to one profile now."""
        return self.one.profile_id == self.other.profile_id


def explain(home: Path, one: str, other: str, country: str) -> Explanation:
    """Compare two records (`source:native id`) or references as of the published generation.

    Raises:
        NotFoundError: one of them is not known.
        StateError: nothing is published.
    """
    described = manifest.current(home)
    if described is None:
        msg = f"nothing is published in {home.parent}; run `cdp run` first"
        raise StateError(msg)
    with goldfile.reading(described.path(home, "gold")) as connection:
        generation = Generation(home, described)
        left = _side(connection, generation, one, country)
        right = _side(connection, generation, other, country)
        edges = _edges(connection, left.records, right.records)
        path = _path(connection, generation, left, right)
    return Explanation(left, right, edges, path, _decisions(home, left, right))


def backbone(edges: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the fewest, strongest pairs that hold records together, strongest first.

    A maximum spanning forest (Kruskal, 1956) over the match weights.
    """
    group: dict[str, str] = {}

    def root(record: str) -> str:
        while (above := group.get(record, record)) != record:
            record = above
        return record

    kept = []
    ordered = sorted(edges, key=lambda e: (-e["match_weight"], e["record_l"], e["record_r"]))
    for edge in ordered:
        one, other = root(edge["record_l"]), root(edge["record_r"])
        if one != other:
            group[one] = other
            kept.append(edge)
    return kept


def _side(
    connection: duckdb.DuckDBPyConnection, generation: Generation, text: str, country: str
) -> Side:
    found = _records(connection, text)
    if not found:
        id_ = _id(generation, text, country)
        found = _records(connection, id_)
    if not found:
        msg = f"{text} has no source records"
        raise NotFoundError(msg)
    return Side(text, found[0][1], tuple(record for record, _ in found))


def _id(generation: Generation, text: str, country: str) -> str:
    try:
        reference = parse(text, country)
    except InputError as error:
        msg = f"{text} is no source record of the published generation, and {error}"
        raise NotFoundError(msg) from None
    entity = "account" if text.startswith("A-") else "profile"
    return generation.find(entity, reference)


def _records(connection: duckdb.DuckDBPyConnection, text: str) -> list[tuple[str, str]]:
    rows = connection.execute(_query("record"), {"reference": text}).fetchall()
    return [(str(record), str(profile)) for record, profile in rows]


def _edges(
    connection: duckdb.DuckDBPyConnection, one: Iterable[str], other: Iterable[str]
) -> tuple[dict[str, Any], ...]:
    params = {"one": list(one), "other": list(other)}
    result = connection.execute(_query("edge"), params)
    names = [column[0] for column in result.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    return tuple(row | {"weights": json.loads(row["weights"])} for row in rows)


def _path(
    connection: duckdb.DuckDBPyConnection, generation: Generation, one: Side, other: Side
) -> tuple[str, ...]:
    """Return the shortest chain of joining pairs between two records of one profile."""
    if one.profile_id != other.profile_id or len(one.records) != 1 or len(other.records) != 1:
        return ()
    stored = generation.document("explain", one.profile_id) or b"{}"
    members = json.loads(stored).get("records", [])
    joined: dict[str, list[str]] = {}
    for edge in _edges(connection, members, members):
        if edge["decided"] and edge["match_weight"] > 0:
            joined.setdefault(edge["record_l"], []).append(edge["record_r"])
            joined.setdefault(edge["record_r"], []).append(edge["record_l"])
    return _shortest(joined, one.records[0], other.records[0])


def _shortest(joined: dict[str, list[str]], start: str, end: str) -> tuple[str, ...]:
    came_from = {start: ""}
    waiting = deque([start])
    while waiting and end not in came_from:
        record = waiting.popleft()
        for neighbour in sorted(joined.get(record, [])):
            if neighbour not in came_from:
                came_from[neighbour] = record
                waiting.append(neighbour)
    if end not in came_from:
        return ()
    path = [end]
    while came_from[path[-1]]:
        path.append(came_from[path[-1]])
    return tuple(reversed(path))


def _decisions(home: Path, one: Side, other: Side) -> tuple[dict[str, str], ...]:
    with State.open(home) as state:
        in_force = Decisions(state).in_force()
    ones, others = set(one.records), set(other.records)
    return tuple(
        {
            "record_l": d.record_l,
            "record_r": d.record_r,
            "verdict": d.verdict,
            "actor": d.actor,
            "reason": d.reason,
            "decided_at": d.decided_at.isoformat(),
        }
        for d in in_force
        if (d.record_l in ones and d.record_r in others)
        or (d.record_l in others and d.record_r in ones)
    )


def _query(name: str) -> str:
    return (files("cdp.publish") / "queries" / f"{name}.sql").read_text(encoding="utf-8")
