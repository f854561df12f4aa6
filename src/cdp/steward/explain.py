"""Why two records, or two profiles, are one party or are not; and why one profile is one.

Invariant: the terms shown of a pair add up to its match weight; what is shown is what the run
kept: the terms of pairs, their mean between two profiles, and what stewards decided.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cdp.review.stage import CLIP, MISSING
from cdp.steward.graph import backbone, strongest_path, weakest
from cdp.steward.party import Parties, Party
from cdp.store.state import State
from cdp.store.state_decisions import Decisions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from cdp.store.state_decisions import DecidedPair

CANDIDATES: Final = 10


@dataclass(frozen=True, slots=True)
class Tie:
    """How strongly two sets of records hang together, as the review queue measures it.

    Clusters are joined by what all their pairs say together of every field. Where two were never
    clustered together, or a decision stands above it, the mean of the pairs' own weights is near.

    Attributes:
        pairs: pairs of records between them.
        scored: of these, the pairs close enough to be kept; each other counts -5.8 bits.
        pooled_weight: log2 odds of what all pairs say together, None where it is not known.
        mean_weight: mean match weight over all pairs (bits), single pairs clipped.
        chance: the pooled weight as a probability, else the mean weight.
    """

    pairs: int
    scored: int
    pooled_weight: float | None
    mean_weight: float
    chance: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """What speaks for and against two being one.

    Attributes:
        one: what was compared.
        other: with what.
        edges: scored pairs between them, strongest first, with the weight of every comparison.
        path: pairs through which two records of one profile hang together, in order.
        weakest: the weakest pair of the path.
        tie: how strongly all of the one hangs together with all of the other.
        decisions: what stewards said of pairs between them, in force.
        decided_by: must_link, cannot_link, related, visitor or model: what decided in the last run.
    """

    one: Party
    other: Party
    edges: tuple[dict[str, Any], ...]
    path: tuple[dict[str, Any], ...]
    weakest: dict[str, Any] | None
    tie: Tie | None
    decisions: tuple[dict[str, Any], ...]
    decided_by: str

    @property
    def is_one(self) -> bool:
        """Whether both belong to one profile now."""
        return self.one.profile_id == self.other.profile_id

    @property
    def telling(self) -> dict[str, Any] | None:
        """The pair that is worth drawing: the strongest between them, else the path's weakest."""
        return self.edges[0] if self.edges else self.weakest


@dataclass(frozen=True, slots=True)
class Membership:
    """Why a record belongs to its profile: its strongest tie, and the mean of its ties."""

    record_id: str
    strongest: dict[str, Any] | None
    mean_weight: float | None
    ties: int


def explain(home: Path, one: str, other: str, country: str) -> Explanation:
    """Compare two records (`source:native id`) or references as of the published generation.

    Raises:
        NotFoundError: one of them is not known.
        StateError: nothing is published.
    """
    with Parties.open(home, country) as parties:
        left, right = parties.find(one), parties.find(other)
        edges = [_told(edge) for edge in parties.edges(left.records, right.records)]
        is_one = left.profile_id == right.profile_id
        between = [] if is_one else parties.edges(left.members, right.members)
        inside = parties.edges(left.members, left.members) if is_one else []
    path: list[dict[str, Any]] = []
    if left.record and right.record and is_one:
        held = (e for e in inside if e["decided"])
        path = [_told(e) for e in strongest_path(held, left.record, right.record)]
    thin = weakest(path)
    tie = tie_of(between, left.compared * right.compared)
    decisions = _decisions(home, left, right)
    decided_by = _decided_by(edges, between, path)
    return Explanation(
        left,
        right,
        tuple(edges),
        tuple(path),
        dict(thin) if thin else None,
        tie,
        decisions,
        decided_by,
    )


def tie_of(edges: Iterable[Mapping[str, Any]], pairs: int) -> Tie | None:
    """Return the tie that these scored pairs, of so many in all, make; None without any pair."""
    scored = [e for e in edges if e["decided_by"] != "visitor"]
    clipped = [min(CLIP, max(-CLIP, e["match_weight"])) for e in scored]
    if not clipped:
        return None
    mean = (sum(clipped) + (pairs - len(clipped)) * MISSING) / pairs
    pooled = next((e["pooled_weight"] for e in scored if e["pooled_weight"] is not None), None)
    weight = mean if pooled is None else pooled
    return Tie(pairs, len(clipped), pooled, mean, 1 / (1 + 2**-weight))


def members(explained: Mapping[str, Any]) -> list[Membership]:
    """Return why each record is in its profile, from the profile's `explain` document."""
    ties: dict[str, list[Mapping[str, Any]]] = {r: [] for r in explained.get("records", ())}
    for edge in explained.get("joined_by", ()):
        for end in (edge["record_l"], edge["record_r"]):
            ties.setdefault(end, []).append(edge)
    return [_membership(record, own) for record, own in sorted(ties.items())]


def candidates(explained: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the best pair with each other profile, from the document: what nearly was."""
    best: dict[str, dict[str, Any]] = {}
    for edge in explained.get("kept_apart", ()):
        best.setdefault(edge["other_id"], dict(edge))
    return sorted(best.values(), key=lambda e: (-e["match_weight"], e["other_id"]))[:CANDIDATES]


def _membership(record: str, own: list[Mapping[str, Any]]) -> Membership:
    if not own:
        return Membership(record, None, None, 0)
    best = backbone(own)[0]
    other = best["record_r"] if best["record_l"] == record else best["record_l"]
    strongest = {
        "record_id": other,
        "match_weight": best["match_weight"],
        "decided_by": best["decided_by"],
    }
    mean = sum(e["match_weight"] for e in own) / len(own)
    return Membership(record, strongest, round(mean, 4), len(own))


def _told(edge: Mapping[str, Any]) -> dict[str, Any]:
    return {**edge, "weights": json.loads(edge["weights"])}


def _decided_by(*layers: Iterable[Mapping[str, Any]]) -> str:
    """Return what decided: the first decision above the model among the pairs, else the model."""
    kinds = {e["decided_by"] for layer in layers for e in layer}
    above = ("cannot_link", "must_link", "related", "visitor")
    return next((k for k in above if k in kinds), "model")


def _decisions(home: Path, one: Party, other: Party) -> tuple[dict[str, Any], ...]:
    with State.open(home) as state:
        in_force = Decisions(state).in_force()
    ones, others = set(one.records), set(other.records)
    found: dict[int, DecidedPair] = {}
    pairs: dict[int, int] = {}
    for pair in in_force:
        crosses = (pair.record_l in ones and pair.record_r in others) or (
            pair.record_l in others and pair.record_r in ones
        )
        if crosses:
            found.setdefault(pair.decision_id, pair)
            pairs[pair.decision_id] = pairs.get(pair.decision_id, 0) + 1
    return tuple(
        {
            "decision_id": number,
            "verdict": found[number].verdict,
            "pairs": pairs[number],
            "actor": found[number].actor,
            "reason": found[number].reason,
            "decided_at": found[number].decided_at.isoformat(),
        }
        for number in sorted(found)
    )
