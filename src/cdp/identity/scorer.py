"""The frozen model on a handful of pairs at once, without Splink: for answers in milliseconds.

Invariant: comparison vectors, frequency terms and log odds are those of the batch (`vectors`,
`frequencies`, `latent`): the levels are compiled from the same SQL, the odds are judged by the
same function.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from cdp.identity import sql_functions
from cdp.identity.frequencies import CLIP
from cdp.identity.sql_compiler import columns_of, is_true
from cdp.identity.traits import DIGEST_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cdp.identity.comparisons import Comparison
    from cdp.identity.frequencies import TermTable

Values = Any
"""One normalised record: an object with an attribute a column, None where it has no value."""
CACHED_VALUES: Final = 4096


def compared_columns(comparisons: Sequence[Comparison]) -> tuple[str, ...]:
    """Return the columns that comparisons and frequencies read, sorted, without their sides."""
    texts = [c.is_null for c in comparisons] + [
        level.sql for c in comparisons for level in c.levels
    ]
    sided = {name for text in texts for name in columns_of(text)}
    weighed = {level.frequency for c in comparisons for level in c.levels if level.frequency}
    return tuple(sorted({name[:-2] for name in sided} | weighed))


Levels = tuple["Callable[[Values], int]", ...]
"""The comparisons of one record with others: each gives the level of another record."""


def compiled(comparisons: Sequence[Comparison]) -> Callable[[Values], Levels]:
    """Return a function that makes the comparisons of one record, ready for others.

    Raises:
        UntranslatableError: a level uses SQL that has no exact Python.
    """
    scope: dict[str, Any] = dict(sql_functions.NAMES)
    # The source is made of checked names, literals and the functions above, nothing else.
    exec(compile(source(comparisons), "<comparisons>", "exec"), scope)  # noqa: S102
    made: Callable[[Values], Levels] = scope["levels"]
    return made


def source(comparisons: Sequence[Comparison]) -> str:
    """Return the Python text of the function `levels(one)`."""
    read = [_sided(comparison) for comparison in comparisons]
    own = sorted({name for names in read for name in names if name.endswith("_l")})
    lines = ["def levels(one):"]
    lines += [f"    {name} = one.{name[:-2]}" for name in own]
    for number, (comparison, names) in enumerate(zip(comparisons, read, strict=True)):
        lines.append(f"    def level_{number}(other):")
        lines += [f"        {name} = other.{name[:-2]}" for name in names if name not in own]
        lines += [f"        {line}" for line in _choice(comparison)]
    results = ", ".join(f"level_{number}" for number in range(len(comparisons)))
    return "\n".join([*lines, f"    return ({results},)", ""])


def _sided(comparison: Comparison) -> list[str]:
    """Return the columns that a comparison reads, with their sides."""
    texts = [comparison.is_null, *(level.sql for level in comparison.levels)]
    return sorted({name for text in texts for name in columns_of(text)})


def _choice(comparison: Comparison) -> list[str]:
    """Return the lines that give the level its number: the first that holds."""
    lines = [f"if {is_true(comparison.is_null)}: return -1"]
    for number, level in enumerate(comparison.levels):
        lines.append(f"if {is_true(level.sql)}: return {len(comparison.levels) - number}")
    return [*lines, "return 0"]


@dataclass(frozen=True, slots=True)
class Weighed:
    """A comparison's levels that name a frequency column, by the number of the level."""

    position: int
    columns: Mapping[int, str]


class Rarity:
    """The log frequency ratio of values, under frozen term tables."""

    def __init__(self, tables: Mapping[str, TermTable], key: bytes) -> None:
        self._key = key
        self._hashes = {n: t.frequency["value"].to_numpy() for n, t in tables.items()}
        self._ratios = {
            name: (table.frequency["share"] / table.mean_share).log().to_numpy()
            for name, table in tables.items()
        }
        self._ratio = lru_cache(CACHED_VALUES)(self._looked_up)

    def term(self, column: str, one: Values, other: Values) -> float:
        """Return the clipped term of a pair that agrees on this column (natural log).

        Of two texts the commoner one counts, of two lists the rarest shared item.
        """
        left, right = getattr(one, column), getattr(other, column)
        if left is None or right is None:
            known = left if right is None else right
            found = None if isinstance(known, list) or known is None else self._ratio(column, known)
        elif isinstance(left, list):
            shared = [self._ratio(column, item) for item in left if item in right]
            found = min((ratio for ratio in shared if ratio is not None), default=None)
        else:
            found = sql_functions.greatest(self._ratio(column, left), self._ratio(column, right))
        return 0.0 if found is None else max(-CLIP, min(CLIP, found))

    def least(self, column: str, one: Values) -> float:
        """Return what the term of this record with any other at least is."""
        own = getattr(one, column)
        ratio = None if own is None or isinstance(own, list) else self._ratio(column, own)
        return -CLIP if ratio is None else max(-CLIP, min(CLIP, ratio))

    def _looked_up(self, column: str, value: str) -> float | None:
        digest = blake2b(value.encode(), key=self._key, digest_size=DIGEST_BYTES).digest()
        hashed = np.uint64(int.from_bytes(digest))
        hashes = self._hashes[column]
        place = int(hashes.searchsorted(hashed))
        if place == len(hashes) or hashes[place] != hashed:
            return None
        return float(self._ratios[column][place])


class Scorer:
    """Comparison vectors and frequency terms of single pairs under one frozen part of a model."""

    def __init__(
        self, comparisons: tuple[Comparison, ...], terms: Mapping[str, TermTable], key: bytes
    ) -> None:
        """Compile the comparisons.

        Raises:
            UntranslatableError: a level uses SQL that has no exact Python.
        """
        self.levels = compiled(comparisons)
        sql_functions.multiply_add()  # asks DuckDB: not while the first record waits
        self.rarity = Rarity(terms, key)
        self.weighed = tuple(_weighed(comparisons))
        self._width = len(comparisons)

    def compare(self, one: Values, others: Sequence[Values]) -> tuple[np.ndarray, np.ndarray]:
        """Return vectors (int8) and terms (float32) of one record with each of the others."""
        levels = self.levels(one)
        vectors = [[level(other) for level in levels] for other in others]
        return self.termed(one, others, vectors)

    def termed(
        self, one: Values, others: Sequence[Values], vectors: Sequence[Sequence[int]]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the vectors of one record with each of the others, and their terms."""
        term = self.rarity.term
        terms = np.zeros((len(others), self._width), np.float32)
        for weighed in self.weighed:
            position, columns = weighed.position, weighed.columns
            for row, levels in enumerate(vectors):
                column = columns.get(levels[position])
                if column is not None:
                    terms[row, position] = term(column, one, others[row])
        return np.array(vectors, np.int8).reshape(len(others), self._width), terms


def _weighed(comparisons: Sequence[Comparison]) -> list[Weighed]:
    found = []
    for position, comparison in enumerate(comparisons):
        size = len(comparison.levels)
        columns = {
            size - number: level.frequency
            for number, level in enumerate(comparison.levels)
            if level.frequency
        }
        if columns:
            found.append(Weighed(position, columns))
    return found
