"""Pairs compared and judged, a bounded number at a time.

Invariant: a pair is scored from its two records, the comparisons and the model alone; what is kept
of a long list of pairs are those that may matter: log odds above the floor, and those asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np

from cdp.identity.latent import Verdicts, judge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cdp.identity.comparisons import Comparison
    from cdp.identity.frequencies import Terms
    from cdp.identity.latent import Latent
    from cdp.identity.vectors import Vectoriser

BATCH: Final = 500_000
HOPELESS: Final = -7.0
"""Log odds below which a candidate is let go: one in a thousand, never joined, never shown.

Those inside a component are scored again with all other pairs of it, so no cluster depends on it.
"""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of record numbers, left < right, each once, with what is known of them."""

    left: np.ndarray
    right: np.ndarray
    vectors: np.ndarray
    terms: np.ndarray


@dataclass(frozen=True, slots=True)
class Scored:
    """Pairs and the verdict on each."""

    pairs: Pairs
    verdicts: Verdicts


Columns = TypeVar("Columns", Pairs, Verdicts)


class Scoring:
    """Compares and judges pairs of one table of records."""

    def __init__(
        self, vectoriser: Vectoriser, comparisons: tuple[Comparison, ...], terms: Terms
    ) -> None:
        self._vectoriser = vectoriser
        self._comparisons = comparisons
        self._terms = terms

    def compared(self, left: np.ndarray, right: np.ndarray) -> Pairs:
        """Return the pairs with their vectors and frequency terms."""
        vectors = self._vectoriser.vectors(left, right)
        terms = self._terms.matrix(self._comparisons, vectors, left, right)
        return Pairs(left, right, vectors, terms)

    def scored(
        self,
        latent: Latent,
        left: np.ndarray,
        right: np.ndarray,
        is_kept: np.ndarray | None = None,
    ) -> Scored:
        """Return the pairs worth keeping, judged; `is_kept` marks pairs to keep in any case.

        Without `is_kept` every pair is kept.
        """
        parts = []
        for start in range(0, max(len(left), 1), BATCH):
            rows = slice(start, start + BATCH)
            pairs = self.compared(left[rows], right[rows])
            verdicts = judge(latent, pairs.vectors, pairs.terms)
            if is_kept is not None:
                kept = np.flatnonzero((verdicts.log_odds > HOPELESS) | is_kept[rows])
                pairs, verdicts = _rows(pairs, kept), _rows(verdicts, kept)
            parts.append(Scored(pairs, verdicts))
        return joined(parts)


def joined(parts: Sequence[Scored]) -> Scored:
    """Return the scored pairs of all parts, one after the other."""
    return Scored(
        _end_to_end([part.pairs for part in parts]), _end_to_end([part.verdicts for part in parts])
    )


def _rows(columns: Columns, rows: np.ndarray) -> Columns:
    return type(columns)(*(getattr(columns, f.name)[rows] for f in fields(columns)))


def _end_to_end(parts: Sequence[Columns]) -> Columns:
    kind = type(parts[0])
    return kind(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(kind)))
