"""Block keys of one rule, the blocks they form, and the pairs of those blocks.

Invariants: a key depends on one record and one rule; a block pairs its members when it holds two
records to the cap, the cap being part of the frozen plan. So a pair is a candidate by what its two
records say and by the sizes of their shared blocks alone, which is what a delta relies on
(`kept_blocks`, `delta`). Keys are DuckDB hashes, valid for one version of DuckDB.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sqlglot import exp

if TYPE_CHECKING:
    import polars as pl
    from duckdb import DuckDBPyConnection

Candidates = tuple[np.ndarray, np.ndarray]
"""Pairs of record numbers as two arrays, left < right, each pair once, sorted."""


def rule_keys(connection: DuckDBPyConnection, table: str, columns: tuple[str, ...]) -> pl.DataFrame:
    """Return (`record`, `key`) of one rule, each once; a list column gives a key per value.

    The table may show a record in several rows, one for each of its names or addresses.
    """
    lists = _list_columns(connection, table)
    source = exp.select("unique_id").from_(table)
    for column in columns:
        value = exp.func("unnest", exp.column(column)) if column in lists else exp.column(column)
        source = source.select(exp.alias_(value, column))
    is_known = exp.and_(*(exp.column(column).is_(exp.null()).not_() for column in columns))
    key = exp.func("hash", *(exp.column(column) for column in columns))
    record = exp.cast(exp.column("unique_id"), "bigint")
    query = exp.select(exp.alias_(record, "record"), exp.alias_(key, "key")).from_(
        source.subquery("source")
    )
    query = query.where(is_known)
    if lists.intersection(columns) or _is_repeating(connection, table):
        query = query.distinct()
    keys: pl.DataFrame = connection.sql(query.sql("duckdb")).pl()
    return keys


def _list_columns(connection: DuckDBPyConnection, table: str) -> set[str]:
    shape = connection.sql(exp.select("*").from_(table).limit(0).sql("duckdb"))
    kinds = zip(shape.columns, shape.types, strict=True)
    return {name for name, kind in kinds if kind.id == "list"}


def _is_repeating(connection: DuckDBPyConnection, table: str) -> bool:
    """Return whether a record may have several rows; false means that none has."""
    query = exp.select("count(*)", "max(unique_id)", "min(unique_id)").from_(table)
    rows, last, first = connection.execute(query.sql("duckdb")).fetchall()[0]
    return bool(rows) and rows != last - first + 1


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


def packed(left: np.ndarray, right: np.ndarray, size: int) -> np.ndarray:
    """Return one number per pair, whichever way round it comes, for record numbers below size."""
    return np.asarray(np.minimum(left, right) * size + np.maximum(left, right))


def unpacked(pairs: np.ndarray, size: int) -> Candidates:
    """Return the two record numbers of every packed pair."""
    return pairs // size, pairs % size
