"""One party type in memory: an incoming record's candidates, and the verdict on each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cdp.identity.classes import STRANGERS, describe
from cdp.identity.latent import Verdicts, judge_by, prior_weight, tables, weights
from cdp.identity.pooling import Evidence, log_odds, pool
from cdp.identity.scorer import Scorer
from cdp.identity.sieve import Sieve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cdp.identity.arrival import Arrival
    from cdp.identity.artefact import PartModel
    from cdp.identity.lookup import Lookup


@dataclass(frozen=True, slots=True)
class Judged:
    """One incoming record beside some records, row by row."""

    numbers: Sequence[int]
    values: Sequence[Any]
    vectors: np.ndarray
    terms: np.ndarray
    verdicts: Verdicts

    def beside(self, other: Judged) -> Judged:
        """Return the rows of both."""
        mine, said = self.verdicts, other.verdicts
        return Judged(
            [*self.numbers, *other.numbers],
            [*self.values, *other.values],
            np.concatenate([self.vectors, other.vectors]),
            np.concatenate([self.terms, other.terms]),
            Verdicts(
                np.concatenate([mine.log_odds, said.log_odds]),
                np.concatenate([mine.against_strangers, said.against_strangers]),
                np.concatenate([mine.innocent, said.innocent]),
                np.concatenate([mine.share, said.share]),
            ),
        )

    def taken(self, rows: Sequence[int]) -> Judged:
        """Return some of the rows."""
        said = self.verdicts
        return Judged(
            [self.numbers[row] for row in rows],
            [self.values[row] for row in rows],
            self.vectors[rows],
            self.terms[rows],
            Verdicts(
                said.log_odds[rows],
                said.against_strangers[rows],
                said.innocent[rows],
                said.share[rows],
            ),
        )


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
        self._sieve = Sieve(self._scorer, self._tables)
        self._pool = pool(part.latent)
        self._ratios = _padded(self._pool.ratio)
        self._prior = prior_weight(part.latent)
        self._labels = [
            (c.name, (None, "differs", *(level.label for level in reversed(c.levels))))
            for c in part.latent.comparisons
        ]
        self._innocent = (STRANGERS, *(describe(evidence) for evidence in part.latent.classes))

    def candidates(self, arrival: Arrival) -> tuple[Sequence[int], int]:
        """Return the numbers of the records in its blocks, and how many rules were used."""
        found, rules = self.lookup.candidates(arrival.rows)
        return found.tolist(), rules

    def likely(self, arrival: Arrival, numbers: Sequence[int], above: float) -> Judged:
        """Return the verdict on the incoming record and those of these whose log odds exceed it.

        A few that do not exceed it are among them; the others are not compared to their end.
        """
        read = self.lookup.values
        values = [read(number) for number in numbers]
        places, vectors = self._sieve.passed(arrival.values, values, above)
        kept = [values[place] for place in places]
        return self._judged(
            [numbers[place] for place in places],
            kept,
            self._scorer.termed(arrival.values, kept, vectors),
        )

    def judge(self, arrival: Arrival, numbers: Sequence[int]) -> Judged:
        """Return the verdict on the incoming record and each of these."""
        values = [self.lookup.values(number) for number in numbers]
        return self._judged(numbers, values, self._scorer.compare(arrival.values, values))

    def _judged(
        self, numbers: Sequence[int], values: Sequence[Any], compared: tuple[np.ndarray, np.ndarray]
    ) -> Judged:
        return Judged(numbers, values, *compared, judge_by(self._tables, *compared))

    def weigh(self, judged: Judged, starts: Sequence[int]) -> list[float]:
        """Return the log odds (nats) of belonging to each of several profiles.

        The records of a profile stand together in what was judged, from its start on. Two clusters
        are never surer to be one than their surest pair (`pooling.pooled`).
        """
        single = self._evidence(judged)
        total = (np.add.reduceat(part, starts) for part in (single.ratios, single.known))
        both = zip((single.ratios, single.known), total, strict=True)
        size = len(judged.numbers)
        counts = np.append(np.ones(size), np.diff([*starts, size]))
        odds = log_odds(self._pool, Evidence(*map(np.concatenate, both)), counts)
        surest = np.maximum.reduceat(odds[:size], starts)
        found: list[float] = np.minimum(odds[size:], surest).tolist()
        return found

    def _evidence(self, judged: Judged) -> Evidence:
        """Return what `pooling.evidence` does, without a step for each kind of evidence."""
        model = self._pool
        logs = self._ratios[range(len(model.field)), judged.vectors[:, model.field]]
        logs = logs + model.rarity * judged.terms[:, model.field]
        return Evidence(np.exp(model.order * logs), (judged.vectors >= 0).astype(float))

    def terms(
        self, judged: Judged, rows: Sequence[int]
    ) -> list[list[tuple[str, str | None, float]]]:
        """Return (comparison, level, nats) of some pairs, adding up to the log odds of each.

        The first is the prior, the last what innocent explanations beside chance take away; the
        level is None where a record lacks the value.
        """
        vectors = judged.vectors[rows]
        own = weights(self.part.latent, vectors, judged.terms[rows]).tolist()
        verdicts = judged.verdicts
        lost = (verdicts.log_odds[rows] - verdicts.against_strangers[rows]).tolist()
        return [
            [
                ("prior", None, self._prior),
                *(
                    (name, labels[level + 1], weight)
                    for (name, labels), level, weight in zip(
                        self._labels, levels, of_pair, strict=True
                    )
                ),
                ("innocent", None, taken),
            ]
            for levels, of_pair, taken in zip(vectors.tolist(), own, lost, strict=True)
        ]

    def innocent(self, judged: Judged, row: int) -> tuple[str, float]:
        """Return the strongest innocent explanation of a pair and its share among them."""
        verdicts = judged.verdicts
        return self._innocent[int(verdicts.innocent[row])], float(verdicts.share[row])


def _padded(ratios: Sequence[np.ndarray]) -> np.ndarray:
    """Return the ratios as one table, whose last column says that nothing is known."""
    table = np.full((len(ratios), 1 + max(map(len, ratios), default=0)), -np.inf)
    for row, ratio in enumerate(ratios):
        table[row, : len(ratio)] = ratio
    return table
