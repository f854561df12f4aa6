"""Comparison vectors: Splink evaluates every comparison on pairs we register.

Invariant: this is the only module that calls Splink's predict; a vector holds, per comparison,
-1 for "nothing to compare", 0 for disagreement and k for the k-th level from the bottom.

Splink hands out levels only together with every column compared, which would copy the text of
both records into each row. Here its match weights carry them instead: the chances given to the
levels are powers of two, so that level k weighs exactly k + 1 and "nothing to compare" 0.
"""

from __future__ import annotations

import logging
import re
from copy import deepcopy
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl
import splink.comparison_level_library as cll
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on
from sqlglot import exp

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from cdp.identity.comparisons import Comparison

CHUNK: Final = 500_000
"""Pairs compared at once: enough that reading the records does not count, few enough to hold."""
DEFAULT_PRIOR: Final = 0.0001
RARE: Final = 2.0**-40
VIEW: Final = "identity_compared"
EDITS: Final = re.compile(r"damerau_levenshtein\(([\w.]+), ([\w.]+)\) <= (\d)")
SIDED: Final = re.compile(r"\b(\w+)_[lr]\b")


def splink_comparison(
    comparison: Comparison, m: np.ndarray | None = None, u: np.ndarray | None = None
) -> Any:  # noqa: ANN401 - Splink is untyped
    """Return the comparison in Splink's words, with m and u (bottom level first) where known."""
    null = f"({comparison.is_null}) or {_naming(comparison)}"
    levels: list[Any] = [cll.CustomLevel(null, "null").configure(is_null_level=True)]
    for number, level in enumerate(comparison.levels):
        gamma = len(comparison.levels) - number
        levels.append(_with_parameters(cll.CustomLevel(level.sql, level.label), m, u, gamma))
    levels.append(_with_parameters(cll.ElseLevel(), m, u, 0))
    return cl.CustomComparison(output_column_name=comparison.name, comparison_levels=levels)


def _naming(comparison: Comparison) -> str:
    """Return a condition that is never true and names every column that any level reads.

    Splink hands on the columns that it finds in the levels, but looks into no lambda.
    """
    texts = [comparison.is_null, *(level.sql for level in comparison.levels)]
    names = sorted({found.group() for text in texts for found in SIDED.finditer(text)})
    return f"(false and ({' or '.join(f'{name} is null' for name in names)}))"


def _with_parameters(level: Any, m: np.ndarray | None, u: np.ndarray | None, gamma: int) -> Any:  # noqa: ANN401
    if m is None or u is None:
        return level
    return level.configure(m_probability=float(m[gamma]), u_probability=float(u[gamma]))


def splink_settings(
    comparisons: list[Any], prior: float | None = None, *, weights_only: bool = False
) -> SettingsCreator:
    """Return Splink settings for these comparisons; pairs are registered, never blocked."""
    return SettingsCreator(
        link_type="dedupe_only",
        comparisons=comparisons,
        blocking_rules_to_generate_predictions=[block_on("unique_id")],
        retain_matching_columns=not weights_only,
        retain_intermediate_calculation_columns=weights_only,
        probability_two_random_records_match=DEFAULT_PRIOR if prior is None else prior,
    )


@lru_cache(maxsize=8)
def _numbering(comparisons: tuple[Comparison, ...]) -> Any:  # noqa: ANN401 - Splink is untyped
    """Return Splink's own form of the settings that make levels weigh their number."""
    numbered = [_numbered(comparison) for comparison in comparisons]
    return splink_settings(numbered, weights_only=True).get_settings("duckdb")


class _Settled(SettingsCreator):
    """Settings made before: to make them, Splink parses every level, which takes half a second."""

    def __init__(self, comparisons: tuple[Comparison, ...]) -> None:
        super().__init__("dedupe_only")
        self._comparisons = comparisons

    def get_settings(self, sql_dialect_str: str) -> Any:  # noqa: ANN401, ARG002 - Splink is untyped
        return deepcopy(_numbering(self._comparisons))


def _numbered(comparison: Comparison) -> Any:  # noqa: ANN401 - Splink is untyped
    """Return the comparison with chances that make level k weigh k + 1."""
    levels = np.arange(comparison.size)
    quick = replace(
        comparison,
        is_null=_quick(comparison.is_null),
        levels=tuple(replace(level, sql=_quick(level.sql)) for level in comparison.levels),
    )
    return splink_comparison(quick, RARE * 2.0 ** (levels + 1), np.full(comparison.size, RARE))


def _quick(sql: str) -> str:
    """Return the same condition, which counts transpositions only where edits are few.

    A transposition is two edits; DuckDB counts plain edits ten times faster.
    """

    def guarded(found: re.Match[str]) -> str:
        left, right, most = found.groups()
        return f"(levenshtein({left}, {right}) <= {2 * int(most)} and {found.group()})"

    return EDITS.sub(guarded, sql)


def _compared_columns(comparisons: tuple[Comparison, ...], table: list[str]) -> list[str]:
    """Return the columns of the table that any level reads."""
    texts = [c.is_null for c in comparisons]
    texts += [level.sql for c in comparisons for level in c.levels]
    read = {name for text in texts for name in SIDED.findall(text)}
    return [name for name in table if name in read]


class Vectoriser:
    """Compares pairs of one table of normalised records.

    Splink copies the records of every chunk, so it is shown a view of the columns it compares.
    """

    def __init__(
        self, connection: DuckDBPyConnection, table: str, comparisons: tuple[Comparison, ...]
    ) -> None:
        self._comparisons = comparisons
        columns = _compared_columns(comparisons, connection.sql(f"from {table} limit 0").columns)
        view = exp.select("unique_id", *columns).from_(table).sql("duckdb")
        connection.execute(f"create or replace temp view {VIEW} as {view}")
        self._api = DuckDBAPI(connection)
        self._linker = Linker(
            self._api.register(VIEW),
            _Settled(comparisons),
            log_level=logging.ERROR,
            validate_settings=False,
        )

    def vectors(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Return an int8 matrix, one row per pair in the order given, one column a comparison."""
        found = np.empty((len(left), len(self._comparisons)), np.int8)
        for start in range(0, len(left), CHUNK):
            rows = slice(start, start + CHUNK)
            found[rows] = self._chunk(left[rows], right[rows])
        return found

    def _chunk(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        order = pl.int_range(len(left), eager=True).cast(pl.String)
        pairs = pl.DataFrame({"match_key": order, "join_key_l": left, "join_key_r": right})
        registered = self._api.register(pairs)
        self._linker.table_management.register_blocked_pairs_for_predict(registered)
        edges = self._linker.inference.predict(warning_mode="never")
        weights = [f"cast(round(mw_{c.name}) - 1 as tinyint)" for c in self._comparisons]
        columns = ", ".join(["cast(match_key as bigint) as place", *weights])
        found = edges.as_duckdbpyrelation().select(columns).pl()
        edges.drop_table_from_database_and_remove_from_cache()
        registered.drop_table_from_database_and_remove_from_cache(force_non_splink_table=True)
        levels = np.empty((len(left), len(self._comparisons)), np.int8)
        levels[found["place"].to_numpy()] = found.drop("place").to_numpy()
        return levels
