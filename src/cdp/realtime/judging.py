"""One party type in memory: an incoming record's candidates, and the verdict on each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cdp.identity.classes import STRANGERS, describe
from cdp.identity.latent import judge_by, prior_weight, tables, weights
from cdp.identity.pooling import pool, pooled
from cdp.identity.scorer import Scorer

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from cdp.identity.arrival import Arrival
    from cdp.identity.artefact import PartModel
    from cdp.identity.latent import Verdicts
    from cdp.identity.lookup import Lookup


@dataclass(frozen=True, slots=True)
class Judged:
    """One incoming record beside some records, row by row."""

    values: Sequence[Any]
    vectors: np.ndarray
    terms: np.ndarray
    verdicts: Verdicts


class Judging:
    """The frozen model of one party type with the records it is asked about."""

    def __init__(self, part: PartModel, lookup: Lookup, key: bytes) -> None:
        """Compile the comparisons.

        Raises:
            UntranslatableError: a comparison uses SQL that has no exact Python.
        """
        self.part = part
        self.lookup = lookup
        self._scorer = Scorer(part.latent.comparisons, part.terms, key)
        self._tables = tables(part.latent)
        self._pool = pool(part.latent)
        self._prior = prior_weight(part.latent)
        self._innocent = (STRANGERS, *(describe(evidence) for evidence in part.latent.classes))

    def candidates(self, arrival: Arrival) -> tuple[Sequence[int], int]:
        """Return the numbers of the records in its blocks, and how many rules were used."""
        found, rules = self.lookup.candidates(arrival.rows)
        return found.tolist(), rules

    def judge(self, arrival: Arrival, numbers: Sequence[int]) -> Judged:
        """Return the verdict on the incoming record and each of these."""
        read = self.lookup.values
        values = [read(number) for number in numbers]
        vectors, terms = self._scorer.compare(arrival.values, values)
        return Judged(values, vectors, terms, judge_by(self._tables, vectors, terms))

    def weigh(self, judged: Judged) -> float:
        """Return the log odds (nats) of belonging to the profile whose records were judged."""
        return pooled(self._pool, judged.vectors, judged.terms)

    def terms(self, judged: Judged, row: int) -> list[tuple[str, str | None, float]]:
        """Return (comparison, level, nats) of one pair, adding up to its log odds.

        The first is the prior, the last what innocent explanations beside chance take away; the
        level is None where a record lacks the value.
        """
        latent, verdicts = self.part.latent, judged.verdicts
        own = weights(latent, judged.vectors[row : row + 1], judged.terms[row : row + 1])[0]
        lost = float(verdicts.log_odds[row] - verdicts.against_strangers[row])
        parts: list[tuple[str, str | None, float]] = [("prior", None, self._prior)]
        for position, comparison in enumerate(latent.comparisons):
            level = int(judged.vectors[row, position])
            labels = [None, "differs", *(level.label for level in reversed(comparison.levels))]
            parts.append((comparison.name, labels[level + 1], float(own[position])))
        return [*parts, ("innocent", None, lost)]

    def innocent(self, judged: Judged, row: int) -> tuple[str, float]:
        """Return the strongest innocent explanation of a pair and its share among them."""
        verdicts = judged.verdicts
        return self._innocent[int(verdicts.innocent[row])], float(verdicts.share[row])
