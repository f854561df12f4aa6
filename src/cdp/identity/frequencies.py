"""Term frequencies: agreeing on a rare value says more than agreeing on a common one.

The term is ln(max frequency of the two records / sum of squared frequencies), so that it is zero
on average over random agreements, and it is clipped; it is added to the likelihood of the innocent
explanations at levels that name a frequency column (zero-configuration recipe, step 4).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from cdp.identity.traits import keyed_hashes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdp.identity.comparisons import Comparison

CLIP: Final = 4.5


@dataclass(frozen=True, slots=True)
class TermTable:
    """Relative frequency of the values of one column among the records that have one.

    Attributes:
        frequency: `value` (UInt64 keyed hash) and `share`.
        mean_share: share of the value of a random record, the sum of squared shares.
    """

    frequency: pl.DataFrame
    mean_share: float


def hashed_values(column: pl.Series, key: bytes) -> pl.DataFrame:
    """Return (`text`, `value`: its keyed hash, `seen`) of a text column, or of a list's items."""
    values = column.explode() if isinstance(column.dtype, pl.List) else column
    counted = values.drop_nulls().alias("text").value_counts(name="seen").sort("text")
    return counted.with_columns(value=keyed_hashes(counted["text"], key))


def term_table(hashed: pl.DataFrame) -> TermTable:
    """Return the frequencies of `hashed_values`."""
    shares = hashed.select("value", share=pl.col("seen") / pl.col("seen").sum())
    return TermTable(shares.sort("value"), float((shares["share"] ** 2).sum()))


class Terms:
    """The log frequency ratio of every record's values, under frozen term tables.

    `hashed` has the `hashed_values` of the tables' columns of these records.
    """

    def __init__(
        self,
        records: pl.DataFrame,
        tables: Mapping[str, TermTable],
        hashed: Mapping[str, pl.DataFrame],
    ) -> None:
        self._single: dict[str, np.ndarray] = {}
        self._several: dict[str, _Items] = {}
        for name, table in tables.items():
            ratios = _ratios(hashed[name], table)
            if isinstance(records.schema[name], pl.List):
                self._several[name] = _Items(_ratios_of_items(records, name, ratios), records)
            else:
                self._single[name] = _ratio_of(records[name], ratios)

    def matrix(
        self,
        comparisons: tuple[Comparison, ...],
        vectors: np.ndarray,
        left: np.ndarray,
        right: np.ndarray,
    ) -> np.ndarray:
        """Return the term of every pair and comparison (natural log), 0 where none applies."""
        terms = np.zeros(vectors.shape, np.float32)
        for column, comparison in enumerate(comparisons):
            for number, level in enumerate(comparison.levels):
                if level.frequency is None:
                    continue
                rows = np.flatnonzero(vectors[:, column] == len(comparison.levels) - number)
                ratio = self._ratio(level.frequency, left[rows], right[rows])
                terms[rows, column] = np.clip(np.nan_to_num(ratio), -CLIP, CLIP)
        return terms

    def _ratio(self, name: str, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        if name in self._single:
            values = self._single[name]
            return np.asarray(np.fmax(values[left], values[right]))
        return self._several[name].rarest_shared(left, right)


class _Items:
    """The values of a list column with their ratios, row by row.

    A record with one value shares that value or none, so only pairs of several on both sides are
    looked up.
    """

    def __init__(self, items: pl.DataFrame, records: pl.DataFrame) -> None:
        self._items = items
        uid = items["uid"].to_numpy()
        self._is_one = np.bincount(uid, minlength=len(records)) == 1
        self._only = np.full(len(records), np.nan)
        self._only[uid] = items["ratio"].to_numpy()

    def rarest_shared(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Return the ratio of the rarest value that both records of each pair have."""
        ratio = np.asarray(np.where(self._is_one[left], self._only[left], self._only[right]))
        several = np.flatnonzero(~self._is_one[left] & ~self._is_one[right])
        if len(several):
            ratio[several] = self._looked_up(left[several], right[several])
        return ratio

    def _looked_up(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        pairs = pl.DataFrame({"l": left, "r": right}).with_row_index("pair")
        shared = pairs.join(self._items, left_on="l", right_on="uid").join(
            self._items.select("uid", "value"),
            left_on=["r", "value"],
            right_on=["uid", "value"],
        )
        rarest = shared.group_by("pair").agg(pl.col("ratio").min())
        joined = pairs.join(rarest, on="pair", how="left", maintain_order="left")
        return np.asarray(joined["ratio"].to_numpy(), dtype=np.float64)


def _ratios(hashed: pl.DataFrame, table: TermTable) -> pl.DataFrame:
    """Return (`text`, `ratio`) of every value that the table knows."""
    known = hashed.join(table.frequency, on="value")
    return known.select("text", ratio=(pl.col("share") / table.mean_share).log())


def _ratio_of(column: pl.Series, ratios: pl.DataFrame) -> np.ndarray:
    texts = column.alias("text").to_frame()
    rows = texts.join(ratios, on="text", how="left", maintain_order="left")
    return np.asarray(rows["ratio"].to_numpy(), dtype=np.float64)


def _ratios_of_items(records: pl.DataFrame, name: str, ratios: pl.DataFrame) -> pl.DataFrame:
    items = (
        records.select(pl.col("unique_id").cast(pl.Int64).alias("uid"), pl.col(name).alias("value"))
        .explode("value")
        .drop_nulls("value")
    )
    return items.with_columns(ratio=pl.Series(_ratio_of(items["value"], ratios)))
