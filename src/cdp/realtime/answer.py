"""What a resolution on arrival answers: ranked candidates, why, and whether to create."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from cdp.identity.wording import in_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cdp.identity.artefact import PartyType

Verdict = Literal["match", "possible", "none"]

ADVICE: Final[dict[Verdict, str]] = {
    "match": "do not create: the first candidate is the same, as a run would decide",
    "possible": "ask before creating: the first candidate may be the same",
    "none": "create: nobody known is the same",
}
LOOSE_ADVICE: Final = (
    "give more before creating: these fields are too common to find anybody by them alone"
)
SLIGHT: Final = 0.05
UNTOLD: Final = frozenset({"prior", "innocent"})


@dataclass(frozen=True, slots=True)
class Term:
    """One term of a match weight, in bits; `level` is None where a record lacks the value."""

    comparison: str
    level: str | None
    weight: float


@dataclass(frozen=True, slots=True)
class Nearest:
    """The record of a profile that is most like the incoming one; its terms add up to its weight.

    Attributes:
        record_id: the record.
        match_weight: log2 odds that it is the same.
        probability: the same as a probability.
        weights: its terms: the prior, one a comparison, the innocent explanations.
        innocent: the strongest innocent explanation.
        innocent_share: its share among the innocent ones, 0 to 1.
    """

    record_id: str
    match_weight: float
    probability: float
    weights: tuple[Term, ...]
    innocent: str
    innocent_share: float

    def reasons(self) -> list[str]:
        """Return the terms in words, the weightiest first, then what was weighed against them."""
        told = [t for t in self.weights if t.comparison not in UNTOLD and abs(t.weight) >= SLIGHT]
        told.sort(key=lambda term: (-abs(term.weight), term.comparison))
        words = [
            f"{in_words(t.comparison)}: {(t.level or 'unknown').replace('_', ' ')} "
            f"({t.weight:+.1f})"
            for t in told
        ]
        against = f"weighed against it: {self.innocent} ({self.innocent_share:.0%})"
        return [*words, against]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A profile or account the incoming record may belong to.

    Attributes:
        entity: `profile` or `account`.
        id: its id.
        verdict: what a run would decide: `match` at the strict cut, `possible` at the lenient one.
        match_weight: log2 odds that the record belongs to it, pooled over its records.
        probability: the same as a probability.
        records: how many of its records were compared.
        nearest: its most alike record, with the reasons.
    """

    entity: str
    id: str
    verdict: Verdict
    match_weight: float
    probability: float
    records: int
    nearest: Nearest

    def document(self) -> dict[str, Any]:
        """Return the candidate for JSON, its reasons in words among it."""
        return asdict(self) | {"reasons": self.nearest.reasons()}


@dataclass(frozen=True, slots=True)
class Answer:
    """Who an incoming record may be.

    Attributes:
        verdict: who it is, all candidates considered (`decided`).
        party_type: `person` or `organisation`, told by what is filled.
        read_as: by name given, the field it was read as; `extra` is weak evidence.
        compared: records it was compared with.
        candidates: the best first.
        rules: blocking rules that found their columns filled; 0: too little to search by.
        model: version of the model that decided.
    """

    verdict: Verdict
    party_type: PartyType
    read_as: Mapping[str, str]
    compared: int
    candidates: tuple[Candidate, ...]
    rules: int
    model: str

    @property
    def create_advised(self) -> bool:
        """Whether nobody known may be the same, and there was enough to tell."""
        return self.verdict == "none" and self.rules > 0

    @property
    def advice(self) -> str:
        """What to do before creating, in a sentence."""
        return ADVICE[self.verdict] if self.candidates or self.rules else LOOSE_ADVICE

    def document(self, generation: int) -> dict[str, Any]:
        """Return the answer of a generation for JSON, but for its candidates."""
        return {
            "verdict": self.verdict,
            "create_advised": self.create_advised,
            "advice": self.advice,
            "party_type": self.party_type,
            "read_as": dict(self.read_as),
            "compared": self.compared,
            "model": self.model,
            "generation": generation,
        }


def decided(candidates: Sequence[Candidate]) -> Verdict:
    """Return the verdict on the best of these candidates, the best being first; `none` without one.

    A match that is no likelier than all others together is only possible: a name does not tell
    two namesakes apart.
    """
    if not candidates:
        return "none"
    best, *others = candidates
    rivals = np.logaddexp2.reduce([0.0, *(other.match_weight for other in others)])
    is_one_of_several = best.verdict == "match" and best.match_weight <= rivals
    return "possible" if is_one_of_several else best.verdict
