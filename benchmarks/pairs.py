"""Count record pairs: how many that belong together were joined, and how many that do not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Score:
    """Pairwise figures over records whose truth is known."""

    true_pairs: int
    joined_pairs: int
    right_pairs: int

    @property
    def precision(self) -> float:
        """Share of joined pairs that belong together."""
        return self.right_pairs / self.joined_pairs if self.joined_pairs else 1.0

    @property
    def recall(self) -> float:
        """Share of pairs that belong together which were joined."""
        return self.right_pairs / self.true_pairs if self.true_pairs else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def pairwise(truth: pl.DataFrame, found: pl.DataFrame) -> Score:
    """Compare `found` (record_id, cluster) with `truth` (record_id, entity) on truth's records."""
    both = truth.join(found, on="record_id", how="left").with_columns(
        pl.col("cluster").fill_null(pl.col("record_id"))
    )
    return Score(
        true_pairs=_pairs(both, "entity"),
        joined_pairs=_pairs(both, "cluster"),
        right_pairs=_pairs(both, "entity", "cluster"),
    )


def sprung(traps: Path, found: pl.DataFrame) -> pl.DataFrame:
    """Return the planted pairs that went wrong, by case: `case, traps, sprung`."""
    cluster = dict(found.select("record_id", "cluster").iter_rows())
    rows = pl.read_csv(traps, infer_schema=False)
    same = [
        cluster.get(a, a) == cluster.get(b, b)
        for a, b in rows.select("record_id_1", "record_id_2").iter_rows()
    ]
    return (
        rows.with_columns(wrong=pl.Series(same) != (pl.col("expected") == "same"))
        .group_by("case")
        .agg(pl.len().alias("traps"), pl.col("wrong").sum().alias("sprung"))
        .sort("case")
    )


def _pairs(frame: pl.DataFrame, *by: str) -> int:
    sizes = frame.group_by(by).len()["len"]
    return int((sizes * (sizes - 1) // 2).sum())
