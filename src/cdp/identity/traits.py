"""What was learned about the data as a whole while reading it; frozen with the model.

A value is remembered as a keyed hash, because placeholder lists and frequencies hold personal data.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Mapping

GUARDED: Final = ("emails", "phones", "other_ids", "national_id")
DIGEST_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class Traits:
    """Flags and lists read from the data.

    Attributes:
        year_only: 1 January means that only the year is known.
        day_first: sources that write the day before the month.
        extras: comparison name (`extra_0`) to the attribute it compares.
        identifiers: attributes whose values are identifiers.
        placeholders: by guarded field, keyed hashes of values that identify nobody.
    """

    year_only: bool = False
    day_first: tuple[str, ...] = ()
    extras: Mapping[str, str] = field(default_factory=dict)
    placeholders: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    identifiers: tuple[str, ...] = ()


def keyed_hashes(values: pl.Series, key: bytes) -> pl.Series:
    """Return an unsigned 64-bit keyed hash (BLAKE2b) of each value; null stays null.

    The caller hands in distinct values: this is the one place that visits them in Python.
    """
    keyed = blake2b(key=key, digest_size=DIGEST_BYTES)

    def digest(value: str) -> int:
        hashing = keyed.copy()
        hashing.update(value.encode())
        return int.from_bytes(hashing.digest())

    hashed = [None if value is None else digest(value) for value in values]
    return pl.Series(values.name, hashed, dtype=pl.UInt64)
