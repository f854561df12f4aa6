"""Blocking keys as 64-bit numbers: of whole columns at once, and of one record.

Invariant: both ways give the same number for the same values, on any machine and in any version:
a value is the sum of a fixed random number per byte times a power of its place, a key is mixed
from the values of its columns in their order. Two different keys share a number about once in
10^19 / records; a record found by such chance is compared like any other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

MASK: Final = (1 << 64) - 1
PRIME: Final = 0x9E3779B97F4A7C15
FIRST, SECOND = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
CHUNK: Final = 250_000


def _mixed(number: int) -> int:
    """Return the number well stirred (SplitMix64, Steele et al. 2014)."""
    number = (number ^ (number >> 30)) * FIRST & MASK
    number = (number ^ (number >> 27)) * SECOND & MASK
    return number ^ (number >> 31)


BYTE: Final = tuple(_mixed(PRIME * (byte + 1) & MASK) for byte in range(256))
_BYTES: Final = np.array(BYTE, np.uint64)


def _mixed_all(numbers: np.ndarray) -> np.ndarray:
    numbers = numbers ^ (numbers >> np.uint64(30))
    numbers *= np.uint64(FIRST)
    numbers ^= numbers >> np.uint64(27)
    numbers *= np.uint64(SECOND)
    numbers ^= numbers >> np.uint64(31)
    return numbers


def value_number(text: str) -> int:
    """Return the number of one value."""
    total, power = 0, 1
    for byte in text.encode():
        total += BYTE[byte] * power
        power = power * PRIME & MASK
    return _mixed(total & MASK)


def value_numbers(values: pl.Series) -> np.ndarray:
    """Return the number of every value of a column (that of an empty text for null)."""
    texts = values.cast(pl.String).fill_null("").alias("text")
    distinct = texts.unique()
    pieces = [_numbers(distinct.slice(start, CHUNK)) for start in range(0, len(distinct), CHUNK)]
    if not pieces:
        return np.zeros(0, np.uint64)
    numbered = distinct.to_frame().with_columns(number=pl.Series(np.concatenate(pieces)))
    rows = texts.to_frame().join(numbered, on="text", how="left", maintain_order="left")
    return rows["number"].to_numpy()


def _numbers(texts: pl.Series) -> np.ndarray:
    encoded = texts.cast(pl.Binary)
    lengths = texts.str.len_bytes().to_numpy().astype(np.int64)
    data = np.frombuffer(b"".join(encoded.to_list()), np.uint8)
    starts = np.cumsum(lengths) - lengths
    longest = int(lengths.max(initial=0))
    powers = np.cumprod(np.full(max(longest, 1), PRIME, np.uint64)) * np.uint64(_INVERSE)
    places = np.arange(len(data)) - np.repeat(starts, lengths)
    filled = lengths > 0
    totals = np.zeros(len(lengths), np.uint64)
    if filled.any():
        totals[filled] = np.add.reduceat(_BYTES[data] * powers[places], starts[filled])
    return _mixed_all(totals)


_INVERSE: Final = pow(PRIME, -1, 1 << 64)


class KeyColumns:
    """The numbers of the columns of many records, each column read once.

    `numbered` gives every value of a column its number, that of nothing where it is null.
    """

    def __init__(self, columns: pl.DataFrame, numbered: Callable[[pl.Series], np.ndarray]) -> None:
        self._columns = columns
        self._numbered = numbered
        self._scalar: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        self._listed: dict[str, tuple[np.ndarray, np.ndarray]] = {}

    def keys(self, names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Return (key, row) of every record that has a value in each column, each pair once.

        A list column gives a key for each of its items.
        """
        rows, keys = np.arange(len(self._columns)), np.zeros(1, np.uint64)
        for name in names:
            if isinstance(self._columns.schema[name], pl.List):
                rows, keys = self._spread(name, rows, keys)
            else:
                numbers, known = self._single(name)
                kept = np.flatnonzero(known[rows])
                if len(kept) < len(rows):
                    rows, keys = rows[kept], keys if len(keys) == 1 else keys[kept]
                keys = _combined(keys, numbers[rows])
        return keys, rows

    def _single(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        if name not in self._scalar:
            column = self._columns[name]
            self._scalar[name] = self._numbered(column), column.is_not_null().to_numpy()
        return self._scalar[name]

    def _spread(
        self, name: str, rows: np.ndarray, keys: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        if name not in self._listed:
            counts, flat = _items(self._columns[name])
            self._listed[name] = self._numbered(flat), counts
        numbers, counts = self._listed[name]
        sizes = counts[rows]
        if len(keys) > 1:
            keys = np.repeat(keys, sizes)
        if len(rows) < len(counts):
            starts = (np.cumsum(counts) - counts)[rows]
            before = np.cumsum(sizes) - sizes
            numbers = numbers[np.arange(sizes.sum()) + np.repeat(starts - before, sizes)]
        return np.repeat(rows, sizes), _combined(keys, numbers)


def _items(lists: pl.Series) -> tuple[np.ndarray, pl.Series]:
    """Return how many values that are not null each list has, and all of them."""
    counts = lists.list.len().fill_null(0).to_numpy().astype(np.int64)
    flat = lists.filter(pl.Series(counts > 0)).explode()
    return _items(lists.list.drop_nulls()) if flat.null_count() else (counts, flat)


def _combined(keys: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    return _mixed_all(keys * np.uint64(PRIME) + numbers)


class RecordKeys:
    """The keys of one record, whose rows show its values in turn."""

    def __init__(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self._rows = rows
        self._numbers: dict[str, int] = {}
        self._made: list[dict[Sequence[str], list[int]]] = [{(): [0]} for _ in rows]

    def keys(self, names: Sequence[str]) -> list[int]:
        """Return the distinct keys of a rule with these columns."""
        found = [
            key
            for row, made in zip(self._rows, self._made, strict=True)
            for key in self._of(row, made, tuple(names))
        ]
        return list(dict.fromkeys(found))

    def _of(
        self, row: Mapping[str, Any], made: dict[Sequence[str], list[int]], names: tuple[str, ...]
    ) -> list[int]:
        """Return the keys of a row; rules that begin alike share the beginning of their keys."""
        keys = made.get(names)
        if keys is None:
            numbers = self._numbers_of(row[names[-1]])
            before = self._of(row, made, names[:-1]) if numbers else []
            keys = made[names] = [
                _mixed((key * PRIME + number) & MASK) for key in before for number in numbers
            ]
        return keys

    def _numbers_of(self, value: Any) -> list[int]:  # noqa: ANN401 - a value or a list of values
        if value is None:
            return []
        items = value if isinstance(value, list) else (str(value),)
        return [self._number(item) for item in items if item is not None]

    def _number(self, value: str) -> int:
        number = self._numbers.get(value)
        if number is None:
            number = self._numbers[value] = value_number(value)
        return number
