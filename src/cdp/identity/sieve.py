"""Which of many records can be the same as one at all, without comparing the others wholly.

Invariant: a record is left out only where the log odds against strangers, an upper bound of its
log odds, cannot exceed the limit, whatever its remaining comparisons may give.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cdp.identity.latent import Tables
    from cdp.identity.scorer import Scorer, Values

MARGIN: Final = 1e-3
"""Log odds by which single precision may be wrong."""


class Sieve:
    """The comparisons of a scorer, the most telling first."""

    def __init__(self, scorer: Scorer, lookup: Tables) -> None:
        self._scorer = scorer
        self._weights = [(table[:, 0] - table[:, 1]).tolist() for table in lookup.by_comparison]
        self._rarity = lookup.rarity[:, 1].tolist()
        self._prior = float(lookup.base[0] - lookup.base[1])

    def passed(
        self, one: Values, others: Sequence[Values], above: float
    ) -> tuple[list[int], list[list[int]]]:
        """Return the places, and the vectors, of the records whose log odds may exceed a limit."""
        levels = self._scorer.levels(one)
        highest = self._highest(one)
        best = [max(weights) for weights in highest]
        lost = [[w - most for w in weights] for weights, most in zip(highest, best, strict=True)]
        order = sorted(range(len(best)), key=lambda place: lost[place][0])
        steps = [(place, levels[place], lost[place]) for place in order]
        start, limit = self._prior + sum(best), above - MARGIN
        places, vectors = [], []
        for number, other in enumerate(others):
            possible, vector = start, [0] * len(levels)
            for place, level, losses in steps:
                found = vector[place] = level(other)
                possible += losses[found]
                if possible < limit:
                    break
            else:
                places.append(number)
                vectors.append(vector)
        return places, vectors

    def _highest(self, one: Values) -> list[list[float]]:
        """Return, level by level, the most a comparison of this record can say for a match."""
        found = [list(weights) for weights in self._weights]
        for weighed in self._scorer.weighed:
            place = weighed.position
            for level, column in weighed.columns.items():
                rarest = self._scorer.rarity.least(column, one)
                found[place][level] -= rarest * self._rarity[place]
        return found
