"""How well households and company groups are found, against the truth of the fixtures.

A pair counts once: two persons of one household, or two organisations of one group. A person is
found where most of its records are. Persons whose home no record tells have no household in the
truth, and whoever is put together with them counts as wrong.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import polars as pl
from pairs import Score

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from cdp.store import Warehouse

Pair = frozenset[str]


@dataclass(frozen=True, slots=True)
class Kind:
    """What is looked for: the columns of the truth, and where it is found."""

    entity: str
    together: str
    found: str


HOUSEHOLD = Kind(
    "person_id",
    "household_id",
    "select profile_id, household_id from gold.household_member",
)
GROUP = Kind(
    "organisation_id",
    "group_id",
    "select account_id, group_id from gold.company_group_member",
)


def scored(warehouse: Warehouse, truth: Path, kind: Kind) -> Score:
    """Return how many pairs belong together, were put together, and both."""
    rows = pl.read_csv(truth, infer_schema=False).fill_null("")
    if kind is GROUP:
        rows = rows.filter(pl.col("person_id") == "")
    rows = rows.filter(pl.col(kind.entity) != "").select("record_id", kind.entity, kind.together)
    owner = dict(
        warehouse.query("select record_id, profile_id from gold.source_record").iter_rows()
    )
    profile_of = _profiles(rows, owner)
    found = dict(warehouse.query(kind.found).iter_rows())
    true = _pairs((entity, label) for _, entity, label in rows.iter_rows() if label)
    ours = {
        pair
        for pair in _pairs((e, found[p]) for e, p in profile_of.items() if p in found)
        if len({profile_of[entity] for entity in pair}) > 1
    }
    return Score(true_pairs=len(true), joined_pairs=len(ours), right_pairs=len(true & ours))


def _profiles(rows: pl.DataFrame, owner: Mapping[str, str]) -> dict[str, str]:
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for record, entity, _ in rows.iter_rows():
        if record in owner:
            counts[entity][owner[record]] += 1
    return {e: min(c.items(), key=lambda held: (-held[1], held[0]))[0] for e, c in counts.items()}


def _pairs(labelled: Iterable[tuple[str, str]]) -> set[Pair]:
    members: defaultdict[str, set[str]] = defaultdict(set)
    for entity, label in labelled:
        members[label].add(entity)
    return {frozenset(p) for held in members.values() for p in combinations(sorted(held), 2)}
