"""Block keys of one rule, the blocks they form, and the pairs of those blocks.

Invariants: a key depends on one record and one rule; a block pairs its members when it holds two
records to the cap, the cap being part of the frozen plan. So a pair is a candidate by what its two
records say and by the sizes of their shared blocks alone, which is what a delta relies on
(`kept_blocks`, `delta`). Keys are mixed from DuckDB hashes, valid for one version of DuckDB.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from sqlglot import exp

from cdp.identity.lookup_keys import KeyColumns

if TYPE_CHECKING:
    from collections.abc import Iterable

    from duckdb import DuckDBPyConnection

Candidates = tuple[np.ndarray, np.ndarray]
"""Pairs of record numbers as two arrays, left < right, each pair once, sorted."""


class BlockKeys:
    """The block keys of the records of a table, every column of which is hashed once.

    The table may show a record in several rows, one for each of its names or addresses.
    """

    def __init__(
        self, connection: DuckDBPyConnection, table: str, rules: Iterable[tuple[str, ...]]
    ) -> None:
        self._connection = connection
        self._table = table
        self._names = sorted({name for rule in rules for name in rule})

    def of(self, rule: tuple[str, ...]) -> pl.DataFrame:
        """Return (`record`, `key`) of one rule, each once; a list column gives a key per value."""
        owners, is_repeated, columns = self._hashed
        keys, rows = columns.keys(rule)
        found = pl.DataFrame({"record": owners[rows], "key": keys})
        repeated = is_repeated[rows]
        if not repeated.any():
            return found
        return pl.concat([found.filter(~repeated), found.filter(repeated).unique()])

    @cached_property
    def _hashed(self) -> tuple[np.ndarray, np.ndarray, KeyColumns]:
        """The record of every row, whether it has several rows, and its hashes."""
        query = _hashing(self._connection, self._table, self._names)
        hashed: pl.DataFrame = self._connection.sql(query).pl()
        owners = hashed["unique_id"].to_numpy()
        is_repeated = np.bincount(owners, minlength=1)[owners] > 1
        return owners, is_repeated, KeyColumns(hashed, _numbers)


def _hashing(connection: DuckDBPyConnection, table: str, names: list[str]) -> str:
    """Return a query for the hash of each value of these columns, list by list, null for null."""
    shape = connection.sql(exp.select("*").from_(table).limit(0).sql("duckdb"))
    kinds = {name: kind.id for name, kind in zip(shape.columns, shape.types, strict=True)}
    query = exp.select(exp.alias_(exp.cast(exp.column("unique_id"), "bigint"), "unique_id"))
    for name in names:
        column = exp.column(name)
        if kinds[name] == "list":
            value: exp.Expr = exp.maybe_parse(
                f'list_distinct(list_transform("{name}", lambda v: hash(v)))', dialect="duckdb"
            )
        else:
            value = exp.case().when(column.is_(exp.null()).not_(), exp.func("hash", column))
        query = query.select(exp.alias_(value, name))
    return query.from_(table).sql("duckdb")


def _numbers(hashes: pl.Series) -> np.ndarray:
    return hashes.fill_null(0).to_numpy()


class Blocks:
    """The records of one rule, grouped by key: where each block starts and how large it is."""

    def __init__(self, keys: pl.DataFrame, cap: int) -> None:
        self.cap = cap
        key = keys["key"].to_numpy()
        order = np.argsort(key)
        ordered = key[order]
        is_first = np.ones(len(ordered), bool)
        is_first[1:] = ordered[1:] != ordered[:-1]
        self.starts = np.flatnonzero(is_first)
        self.sizes = np.diff(np.append(self.starts, len(ordered)))
        self.records = keys["record"].to_numpy()[order]

    @property
    def pairs(self) -> int:
        """Number of pairs in blocks that the cap allows."""
        sizes = self.sizes[(self.sizes > 1) & (self.sizes <= self.cap)].astype(np.int64)
        return int((sizes * (sizes - 1) // 2).sum())

    def joined(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the pairs of all blocks that the cap allows, each with its later neighbours."""
        sizes = np.repeat(self.sizes, self.sizes)
        last = np.repeat(self.starts + self.sizes, self.sizes)
        place = np.flatnonzero(sizes <= self.cap)
        later = last[place] - place - 1
        return self.records[np.repeat(place, later)], self.records[_ranges(place + 1, later)]

    def neighbours(self, is_wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return each wanted record (mask by record) beside every other record of its blocks."""
        allowed = (self.sizes > 1) & (self.sizes <= self.cap)
        block = np.repeat(np.arange(len(self.sizes)), self.sizes)
        place = np.flatnonzero(is_wanted[self.records] & allowed[block])
        sizes = self.sizes[block[place]]
        wanted = self.records[np.repeat(place, sizes)]
        others = self.records[_ranges(self.starts[block[place]], sizes)]
        is_other = wanted != others
        return wanted[is_other], others[is_other]


def _ranges(starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Return start, start + 1, ... for every start, `lengths` numbers each, end to end."""
    before = np.cumsum(lengths) - lengths
    return np.asarray(np.arange(int(lengths.sum())) + np.repeat(starts - before, lengths))


def distinct(numbers: np.ndarray) -> np.ndarray:
    """Return the distinct numbers in order (`numpy.unique` hashes them first, which costs more)."""
    ordered = np.sort(numbers)
    is_first = np.ones(len(ordered), bool)
    is_first[1:] = ordered[1:] != ordered[:-1]
    return ordered[is_first]


def packed(left: np.ndarray, right: np.ndarray, size: int) -> np.ndarray:
    """Return one number per pair, whichever way round it comes, for record numbers below size."""
    return np.asarray(np.minimum(left, right) * size + np.maximum(left, right))


def unpacked(pairs: np.ndarray, size: int) -> Candidates:
    """Return the two record numbers of every packed pair."""
    return pairs // size, pairs % size
