"""Comparison vectors: Splink evaluates every comparison on pairs we register.

Invariant: this is the only module that calls Splink's predict; a vector holds, per comparison,
-1 for "nothing to compare", 0 for disagreement and k for the k-th level from the bottom.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl
import splink.comparison_level_library as cll
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from cdp.identity.comparisons import Comparison

CHUNK: Final = 250_000
DEFAULT_PRIOR: Final = 0.0001


def splink_comparison(
    comparison: Comparison, m: np.ndarray | None = None, u: np.ndarray | None = None
) -> Any:  # noqa: ANN401 - Splink is untyped
    """Return the comparison in Splink's words, with m and u (bottom level first) where known."""
    levels: list[Any] = [cll.CustomLevel(comparison.is_null, "null").configure(is_null_level=True)]
    for number, level in enumerate(comparison.levels):
        gamma = len(comparison.levels) - number
        levels.append(_with_parameters(cll.CustomLevel(level.sql, level.label), m, u, gamma))
    levels.append(_with_parameters(cll.ElseLevel(), m, u, 0))
    return cl.CustomComparison(output_column_name=comparison.name, comparison_levels=levels)


def _with_parameters(level: Any, m: np.ndarray | None, u: np.ndarray | None, gamma: int) -> Any:  # noqa: ANN401
    if m is None or u is None:
        return level
    return level.configure(m_probability=float(m[gamma]), u_probability=float(u[gamma]))


def splink_settings(comparisons: list[Any], prior: float | None = None) -> SettingsCreator:
    """Return Splink settings for these comparisons; pairs are registered, never blocked."""
    return SettingsCreator(
        link_type="dedupe_only",
        comparisons=comparisons,
        blocking_rules_to_generate_predictions=[block_on("unique_id")],
        retain_matching_columns=True,
        retain_intermediate_calculation_columns=False,
        probability_two_random_records_match=DEFAULT_PRIOR if prior is None else prior,
    )


class Vectoriser:
    """Compares pairs of one table of normalised records."""

    def __init__(
        self, connection: DuckDBPyConnection, table: str, comparisons: tuple[Comparison, ...]
    ) -> None:
        self._connection = connection
        self._table = table
        self._comparisons = comparisons
        self._settings = splink_settings([splink_comparison(c) for c in comparisons])

    def vectors(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Return an int8 matrix, one row per pair in the order given, one column a comparison."""
        chunks = [
            self._chunk(left[start : start + CHUNK], right[start : start + CHUNK])
            for start in range(0, len(left), CHUNK)
        ]
        if not chunks:
            return np.zeros((0, len(self._comparisons)), np.int8)
        return np.concatenate(chunks)

    def _chunk(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        api = DuckDBAPI(self._connection)
        records = api.register(self._table)
        linker = Linker(records, self._settings, log_level=logging.ERROR)
        order = pl.int_range(len(left), eager=True).cast(pl.String)
        pairs = pl.DataFrame({"match_key": order, "join_key_l": left, "join_key_r": right})
        registered = api.register(pairs)
        linker.table_management.register_blocked_pairs_for_predict(registered)
        edges = linker.inference.predict(warning_mode="never")
        names = [f"gamma_{c.name}" for c in self._comparisons]
        found = edges.as_duckdbpyrelation().select(", ".join(["match_key", *names])).pl()
        edges.drop_table_from_database_and_remove_from_cache()
        ordered = found.sort(pl.col("match_key").cast(pl.Int64))
        return np.asarray(ordered.select(names).to_numpy(), dtype=np.int8)
