"""One pair in words: what spoke for a match, what else could explain it, what was decided."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from cdp.errors import NotFoundError

if TYPE_CHECKING:
    from cdp.identity.resolution import Resolution

PRIOR: Final = "prior"
INNOCENT: Final = "innocent"


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a pair was joined or left apart; `prior + sum(weights) + innocent = match_weight`.

    Attributes:
        record_l: the smaller record id.
        record_r: the other one.
        prior: log2 odds that two random records match.
        weights: log2 weight by comparison, strongest first.
        innocent: log2 odds lost to innocent explanations other than chance, never positive.
        innocent_class: the strongest innocent explanation.
        innocent_share: its share among the innocent explanations.
        match_weight: log2 odds of a match.
        probability: the same as a probability.
        decided: whether both records are in one cluster.
        decision: `must_link`, `cannot_link` or None.
    """

    record_l: str
    record_r: str
    prior: float
    weights: dict[str, float]
    innocent: float
    innocent_class: str
    innocent_share: float
    match_weight: float
    probability: float
    decided: bool
    decision: str | None

    def sentences(self) -> list[str]:
        """Return the explanation for people, one line a term."""
        outcome = "one" if self.decided else "not one"
        lines = [
            f"{self.record_l} and {self.record_r} are {outcome}:",
            f"  {self.match_weight:+6.1f}  bits, probability {self.probability:.1%}, made of",
            f"  {self.prior:+6.1f}  two records taken at random",
        ]
        lines += [f"  {weight:+6.1f}  {name}" for name, weight in self.weights.items() if weight]
        lines.append(
            f"  {self.innocent:+6.1f}  innocent explanations, the strongest being "
            f"{self.innocent_class} ({self.innocent_share:.0%})"
        )
        if self.decision:
            lines.append(f"  decided above the model: {self.decision.replace('_', '-')}")
        return lines


def explain(resolution: Resolution, record_a: str, record_b: str) -> Explanation:
    """Return why these two records were joined or left apart.

    Raises:
        NotFoundError: the pair was never compared, or is less than 1 % likely.
    """
    left, right = min(record_a, record_b), max(record_a, record_b)
    found = resolution.edges.filter(
        (pl.col("record_l") == left) & (pl.col("record_r") == right)
    ).to_dicts()
    if not found:
        msg = (
            f"{left} and {right} were not compared or are less than 1 % likely to match; "
            "compare their fields with `cdp profile show`"
        )
        raise NotFoundError(msg)
    edge = found[0]
    told = json.loads(edge.pop("weights"))
    terms: dict[str, float] = {term["comparison"]: term["weight"] for term in told}
    prior, innocent = terms.pop(PRIOR, 0.0), terms.pop(INNOCENT, 0.0)
    for name in ("party_type", "pooled_weight"):
        edge.pop(name)
    ordered = dict(sorted(terms.items(), key=lambda item: (-abs(item[1]), item[0])))
    return Explanation(prior=prior, weights=ordered, innocent=innocent, **edge)
