"""Resolve on arrival: messy fields in, ranked profiles out, in the time of a keystroke.

Invariant: candidates, comparison vectors, log odds and cuts are those by which a run over the
published records and this one would decide, under the same frozen model.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from cdp.identity.linkage import LENIENT, STRICT, probability
from cdp.realtime.answer import Answer, Candidate, Nearest, Term, Verdict
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


@dataclass(frozen=True, slots=True)
class _Found:
    """A candidate profile: its record numbers, best first."""

    owner: str
    numbers: Sequence[int]


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
            return Answer(read.party_type, read.read_as, 0, (), rules=1, model=self._model)
        return self._answer(read, judging, arrival, wanted or Wanted())

    def _answer(self, read: Read, judging: Judging, arrival: Arrival, wanted: Wanted) -> Answer:
        numbers, rules = judging.candidates(arrival)
        judged = judging.judge(arrival, numbers)
        found = self._profiles(read.party_type, judged, numbers, wanted.limit)
        candidates = [self._candidate(read.party_type, judging, arrival, one) for one in found]
        kept = [c for c in candidates if c.verdict != "none" or c.probability >= wanted.minimum]
        kept.sort(key=lambda c: (-c.match_weight, -c.nearest.match_weight, c.id))
        return Answer(
            party_type=read.party_type,
            read_as=read.read_as,
            compared=len(numbers),
            candidates=tuple(kept[: wanted.limit]),
            rules=rules,
            model=self._model,
        )

    def _profiles(
        self, kind: PartyType, judged: Judged, numbers: Sequence[int], limit: int
    ) -> list[_Found]:
        """Return the profiles of the likeliest records, with all records each has."""
        odds = judged.verdicts.log_odds
        likely = np.flatnonzero(odds > HOPELESS)
        order = likely[np.lexsort((likely, -odds[likely]))]
        found: dict[str, _Found] = {}
        lookup = self._parties[kind].lookup
        for row in order.tolist():
            if len(found) > limit:
                break
            owner = self._owners.owner(kind, judged.values[row].record_id)
            if owner is None or owner in found:
                continue
            ids = self._owners.records(owner)[:MOST_MEMBERS]
            members = [n for n in map(lookup.number_of, ids) if n is not None]
            found[owner] = _Found(owner, sorted({numbers[row], *members}))
        return list(found.values())

    def _candidate(
        self, kind: PartyType, judging: Judging, arrival: Arrival, found: _Found
    ) -> Candidate:
        judged = judging.judge(arrival, found.numbers)
        weight = judging.weigh(judged)
        row = int(np.argmax(judged.verdicts.log_odds))
        own = float(judged.verdicts.log_odds[row])
        innocent, share = judging.innocent(judged, row)
        nearest = Nearest(
            record_id=judged.values[row].record_id,
            match_weight=own * BITS,
            probability=float(probability(np.array(own))),
            weights=tuple(Term(c, level, w * BITS) for c, level, w in judging.terms(judged, row)),
            innocent=innocent,
            innocent_share=share,
        )
        return Candidate(
            entity=ENTITY[kind],
            id=found.owner,
            verdict=_verdict(weight),
            match_weight=weight * BITS,
            probability=float(probability(np.array(weight))),
            records=len(found.numbers),
            nearest=nearest,
        )


def _verdict(log_odds: float) -> Verdict:
    if log_odds > STRICT.cut:
        return "match"
    return "possible" if log_odds > LENIENT.cut else "none"
