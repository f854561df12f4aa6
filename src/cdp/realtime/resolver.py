"""Resolve on arrival: messy fields in, ranked profiles out, in the time of a keystroke.

Invariant: candidates, comparison vectors, log odds and cuts are those by which a run over the
published records and this one would decide, under the same frozen model.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, chain
from math import log
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from cdp.identity.linkage import LENIENT, STRICT, probability
from cdp.realtime.answer import Answer, Candidate, Nearest, Term, Verdict, decided
from cdp.realtime.owners import ENTITY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cdp.identity.arrival import Arrival, Read, Reader
    from cdp.identity.artefact import PartyType
    from cdp.realtime.judging import Judged, Judging
    from cdp.realtime.owners import Owners

LIMIT: Final = 5
MINIMUM: Final = 0.01
MOST_MEMBERS: Final = 50
"""Records of one profile that are compared; a larger one is judged by its first ones."""
HOPELESS: Final = -8.0
"""Log odds (nats) at which a record brings up its profile no more: one in 3,000."""
BITS: Final = 1 / log(2)


@dataclass(frozen=True, slots=True)
class Wanted:
    """How many candidates are wanted at most, and from what probability on."""

    limit: int = LIMIT
    minimum: float = MINIMUM


class Resolver:
    """Everything one generation is resolved against, in one process."""

    def __init__(
        self,
        reader: Reader,
        parties: Mapping[PartyType, Judging],
        owners: Owners,
        model: str = "",
    ) -> None:
        self._reader = reader
        self._parties = parties
        self._owners = owners
        self._model = model

    def resolve(self, fields: Mapping[str, Any], wanted: Wanted | None = None) -> Answer:
        """Return who the record with these fields may be.

        `fields` are columns as `cdp match` takes them, under any of their names; a value is text
        or a number, or a list of them.
        """
        read = self._reader.read(fields)
        judging, arrival = self._parties.get(read.party_type), read.arrival
        if judging is None or arrival is None:
            # nobody of this party type is known, so that nobody can be the same
            return Answer("none", read.party_type, read.read_as, 0, (), rules=1, model=self._model)
        return self._answer(read, judging, arrival, wanted or Wanted())

    def _answer(self, read: Read, judging: Judging, arrival: Arrival, wanted: Wanted) -> Answer:
        numbers, rules = judging.candidates(arrival)
        likely = judging.likely(arrival, numbers, HOPELESS)
        profiles = self._profiles(read.party_type, likely, wanted.limit)
        candidates = _candidates(ENTITY[read.party_type], judging, arrival, likely, profiles)
        kept = [c for c in candidates if c.verdict != "none" or c.probability >= wanted.minimum]
        kept.sort(key=lambda c: (-c.match_weight, -c.nearest.match_weight, c.id))
        return Answer(
            verdict=decided(kept),
            party_type=read.party_type,
            read_as=read.read_as,
            compared=len(numbers),
            candidates=tuple(kept[: wanted.limit]),
            rules=rules,
            model=self._model,
        )

    def _profiles(self, kind: PartyType, likely: Judged, limit: int) -> dict[str, list[int]]:
        """Return the profiles of the likeliest records, with the numbers of all records of each."""
        odds = likely.verdicts.log_odds
        rows = np.flatnonzero(odds > HOPELESS)
        found: dict[str, list[int]] = {}
        lookup = self._parties[kind].lookup
        for row in rows[np.lexsort((rows, -odds[rows]))].tolist():
            if len(found) > limit:
                break
            owner = self._owners.owner(kind, likely.values[row].record_id)
            if owner is None or owner in found:
                continue
            ids = self._owners.records(owner)[:MOST_MEMBERS]
            members = [n for n in map(lookup.number_of, ids) if n is not None]
            found[owner] = sorted({likely.numbers[row], *members})
        return found


def _candidates(
    entity: str,
    judging: Judging,
    arrival: Arrival,
    likely: Judged,
    profiles: Mapping[str, Sequence[int]],
) -> list[Candidate]:
    """Return the profiles with the verdict on each, all of their records judged at once."""
    if not profiles:
        return []
    judged = _members(judging, arrival, likely, list(chain.from_iterable(profiles.values())))
    ends = list(accumulate(map(len, profiles.values())))
    starts = [0, *ends[:-1]]
    odds = judged.verdicts.log_odds
    best = [start + int(odds[start:end].argmax()) for start, end in zip(starts, ends, strict=True)]
    weights = judging.weigh(judged, starts)
    chances = probability(np.array(weights)).tolist()
    nearest = _nearest(judging, judged, best)
    return [
        Candidate(
            entity=entity,
            id=owner,
            verdict=_verdict(weight),
            match_weight=weight * BITS,
            probability=chance,
            records=len(numbers),
            nearest=pair,
        )
        for (owner, numbers), weight, chance, pair in zip(
            profiles.items(), weights, chances, nearest, strict=True
        )
    ]


def _members(judging: Judging, arrival: Arrival, likely: Judged, numbers: Sequence[int]) -> Judged:
    """Return the verdict on each of these records; those that were judged are not judged again."""
    rows = {number: row for row, number in enumerate(likely.numbers)}
    others = [number for number in numbers if number not in rows]
    if others:
        likely = likely.beside(judging.judge(arrival, others))
        rows |= {number: len(rows) + row for row, number in enumerate(others)}
    return likely.taken([rows[number] for number in numbers])


def _nearest(judging: Judging, judged: Judged, rows: Sequence[int]) -> list[Nearest]:
    """Return the most alike records with their reasons."""
    found = []
    odds = judged.verdicts.log_odds[rows]
    both = zip(odds.tolist(), probability(odds).tolist(), strict=True)
    for row, (own, chance), terms in zip(rows, both, judging.terms(judged, rows), strict=True):
        innocent, share = judging.innocent(judged, row)
        found.append(
            Nearest(
                record_id=judged.values[row].record_id,
                match_weight=own * BITS,
                probability=chance,
                weights=tuple(Term(name, level, weight * BITS) for name, level, weight in terms),
                innocent=innocent,
                innocent_share=share,
            )
        )
    return found


def _verdict(log_odds: float) -> Verdict:
    if log_odds > STRICT.cut:
        return "match"
    return "possible" if log_odds > LENIENT.cut else "none"
