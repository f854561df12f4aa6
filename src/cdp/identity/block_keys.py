"""Block keys: which records share a block, kept so that a delta can find the pairs it touches.

Invariants: a key depends on one record and one rule; a block pairs its members when it holds two
records to the cap, the cap being part of the frozen plan. So a pair is a candidate by what its two
records say and by the sizes of their shared blocks alone, and the seam for a delta is exact:

    full(after) = full(before) without the pairs that touch A, with `touching(after, A)`

where A is the records whose keys changed, came or went, and the members of blocks that `crossed`
the cap. Keys are DuckDB hashes: a table of them is valid for one version of DuckDB and one plan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl
from sqlglot import exp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from duckdb import DuckDBPyConnection

Candidates = tuple[np.ndarray, np.ndarray]
"""Pairs of record numbers as two arrays, left < right, each pair once, sorted."""

KEY_SCHEMA: Final = {"rule": pl.UInt8(), "key": pl.UInt64(), "record": pl.Int64()}
"""A record's keys: one row per rule and distinct key, none where a column of the rule is null."""

BLOCK: Final = ["rule", "key"]


def keys_of(
    connection: DuckDBPyConnection, table: str, rules: Sequence[tuple[str, ...]]
) -> pl.DataFrame:
    """Return the keys (`KEY_SCHEMA`) of all records of a table, rules counted in their order.

    `table` has the columns of the rules and `unique_id`, which becomes `record`: any stable number
    of the record will do, as long as it is the same before and after.
    """
    parts = [
        rule_keys(connection, table, columns).select(
            rule=pl.lit(number, dtype=pl.UInt8()), key="key", record="record"
        )
        for number, columns in enumerate(rules)
    ]
    return pl.concat(parts) if parts else pl.DataFrame(schema=KEY_SCHEMA)


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


def pairs_of(keys: pl.DataFrame, cap: int) -> Candidates:
    """Return the candidate pairs of a table of keys (`KEY_SCHEMA`): all blocks up to the cap."""
    return _unique(keys, [Blocks(part, cap).joined() for part in _by_rule(keys)])


def touching(keys: pl.DataFrame, cap: int, records: pl.Series) -> Candidates:
    """Return the candidate pairs of the keys of which at least one record is among these.

    Only the blocks of these records are looked at, so `keys` may be a table of all records or
    any part of it that holds those blocks whole (`blocks_of`).
    """
    wanted = np.zeros(_size(keys), bool)
    known = records.filter(records.is_between(0, len(wanted) - 1))
    wanted[known.to_numpy()] = True
    parts = [Blocks(part, cap).neighbours(wanted) for part in _by_rule(keys)]
    return _unique(keys, parts)


def blocks_of(keys: pl.LazyFrame, records: pl.Series) -> pl.LazyFrame:
    """Return the rows of all blocks that hold one of these records, such as of a Parquet file."""
    chosen = records.cast(pl.Int64()).unique().alias("record").to_frame().lazy()
    blocks = keys.join(chosen, on="record", how="semi").select(BLOCK).unique()
    return keys.join(blocks, on=BLOCK, how="semi")


def crossed(before: pl.DataFrame, after: pl.DataFrame, cap: int) -> pl.Series:
    """Return the records of `after` in blocks that crossed the cap, either way.

    Both tables hold whole blocks, at least every block that a changed record left or entered.
    """
    sizes = (
        after.group_by(BLOCK)
        .agg(now=pl.len())
        .join(before.group_by(BLOCK).agg(then=pl.len()), on=BLOCK, how="left")
        .filter((pl.col("now") > cap) != (pl.col("then").fill_null(0) > cap))
    )
    members = after.join(sizes, on=BLOCK, how="semi")["record"]
    return members.unique().sort()


def _by_rule(keys: pl.DataFrame) -> list[pl.DataFrame]:
    return keys.sort("rule", maintain_order=True).partition_by("rule", maintain_order=True)


def _size(keys: pl.DataFrame) -> int:
    return int(keys.select(pl.col("record").max().fill_null(-1) + 1).item())


def _unique(keys: pl.DataFrame, parts: Sequence[tuple[np.ndarray, np.ndarray]]) -> Candidates:
    size = _size(keys)
    found = [packed(left, right, size) for left, right in parts]
    merged = np.unique(np.concatenate(found)) if found else np.zeros(0, np.int64)
    return unpacked(merged, max(size, 1))
