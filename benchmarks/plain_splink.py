"""The peer: plain Splink, one generic setting without labels, probability .95, components.

What a capable user gets from the library's own parts in an afternoon: comparisons for the
columns that are filled, equality blocking, u by random sampling, m by expectation maximisation
over several blocks, a fixed threshold, connected components. No tuning per data set.
"""

from __future__ import annotations

import logging
import warnings
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import splink.comparison_library as cl
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from cdp.store import scratch

if TYPE_CHECKING:
    from splink.internals.blocking_rule_creator import BlockingRuleCreator

THRESHOLD = 0.95
LADDER = (
    0.05,
    0.1,
    0.2,
    0.3,
    0.4,
    0.5,
    0.6,
    0.7,
    0.8,
    0.9,
    0.95,
    0.98,
    0.99,
    0.995,
    0.999,
    0.9999,
    0.99999,
)
"""Thresholds among which an oracle that knows the truth may choose."""
MIN_FILL = 0.02
BLOCKS = (
    ("email",),
    ("phone",),
    ("national_id",),
    ("given_name", "family_name"),
    ("family_name", "birth_date"),
    ("given_name", "birth_date"),
    ("family_name", "postcode"),
    ("given_name", "postcode"),
    ("street", "postcode"),
    ("street", "city"),
    ("birth_date",),
    ("family_name", "city"),
    ("given_name", "city"),
    ("company", "city"),
    ("company",),
)
SURE = (
    ("email", "family_name"),
    ("given_name", "family_name", "birth_date"),
    ("given_name", "family_name", "postcode"),
    ("given_name", "family_name", "street"),
    ("company", "phone"),
    ("company", "city"),
    ("national_id",),
)
TRAINING = (
    ("given_name", "family_name"),
    ("birth_date",),
    ("email",),
    ("postcode",),
    ("company",),
    ("phone",),
)


def cluster_plainly(records: pl.DataFrame, threshold: float = THRESHOLD) -> pl.DataFrame:
    """Return (`record_id`, `cluster`) of records in the engine's input schema."""
    return cluster_at(records, (threshold,))[threshold]


def cluster_at(records: pl.DataFrame, thresholds: tuple[float, ...]) -> dict[float, pl.DataFrame]:
    """Return the clusters at every threshold, of one training and one prediction."""
    logging.getLogger("splink").setLevel(logging.CRITICAL)
    frame = _plain(records)
    filled = [c for c in frame.columns if _is_filled(frame[c])]
    blocks = [block_on(*rule) for rule in BLOCKS if set(rule) <= set(filled)]
    comparisons = [make for name, make in _comparisons().items() if name in filled]
    alone = records.select("record_id", cluster="record_id")
    if len(frame) <= 1 or not comparisons or not blocks:
        return dict.fromkeys(thresholds, alone)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pairs = _predicted(frame, comparisons, blocks, filled, min(thresholds))
    return {
        threshold: _components(alone, pairs.filter(pl.col("match_probability") >= threshold))
        for threshold in thresholds
    }


def _plain(records: pl.DataFrame) -> pl.DataFrame:
    """Return lower-case text, the first e-mail, the last ten digits of the first telephone."""
    ordered = records.sort("record_id")
    text = ["given_name", "family_name", "street", "city", "postcode", "company", "national_id"]
    parts = pl.col("full_name").str.to_lowercase().str.strip_chars().str.split(" ")
    has_name = pl.col("given_name").is_not_null() | pl.col("family_name").is_not_null()
    lowered = ordered.with_columns(pl.col(*text).str.to_lowercase().str.strip_chars())
    named = lowered.with_columns(
        given_name=pl.when(has_name).then("given_name").otherwise(parts.list.first()),
        family_name=pl.when(has_name)
        .then("family_name")
        .otherwise(pl.when(parts.list.len() > 1).then(parts.list.last())),
    )
    digits = pl.col("phones").list.first().str.replace_all(r"\D", "").str.tail(10)
    chosen = named.select(
        "record_id",
        *text,
        birth_date=pl.col("birth_date").str.slice(0, 10),
        email=pl.col("emails").list.first().str.to_lowercase().str.strip_chars(),
        phone=digits,
    )
    blank_to_null = [
        pl.when(pl.col(c) != "").then(pl.col(c)).alias(c)
        for c in chosen.columns
        if c != "record_id"
    ]
    return chosen.with_row_index("unique_id").with_columns(blank_to_null)


def _is_filled(column: pl.Series) -> bool:
    known = column.drop_nulls()
    return len(known) >= MIN_FILL * len(column) and known.n_unique() > 1


def _comparisons() -> dict[str, Any]:
    return {
        "given_name": cl.NameComparison("given_name"),
        "family_name": cl.NameComparison("family_name"),
        "birth_date": cl.DamerauLevenshteinAtThresholds("birth_date", [1, 2]),
        "email": cl.ExactMatch("email").configure(term_frequency_adjustments=True),
        "phone": cl.DamerauLevenshteinAtThresholds("phone", [1]),
        "street": cl.JaroWinklerAtThresholds("street", [0.92, 0.8]),
        "city": cl.JaroWinklerAtThresholds("city", [0.92]),
        "postcode": cl.DamerauLevenshteinAtThresholds("postcode", [1]),
        "company": cl.JaroWinklerAtThresholds("company", [0.92, 0.8]),
        "national_id": cl.DamerauLevenshteinAtThresholds("national_id", [1, 2]),
    }


def _predicted(
    frame: pl.DataFrame, comparisons: list[Any], blocks: list[Any], filled: list[str], at: float
) -> pl.DataFrame:
    connection = scratch()
    try:
        api = DuckDBAPI(connection)
        settings = SettingsCreator(
            link_type="dedupe_only",
            comparisons=comparisons,
            blocking_rules_to_generate_predictions=blocks,
        )
        linker = Linker(api.register(frame), settings, log_level=logging.CRITICAL)
        _train(linker, filled, len(frame))
        edges = linker.inference.predict(threshold_match_probability=at, warning_mode="never")
        columns = "unique_id_l, unique_id_r, match_probability"
        found: pl.DataFrame = edges.as_duckdbpyrelation().select(columns).pl()
        return found
    finally:
        connection.close()


def _train(linker: Linker, filled: list[str], records: int) -> None:
    """Train as far as the data allow; a session that fails leaves the model as it was."""
    training = linker.training
    core = linker._settings_obj.core_model_settings  # noqa: SLF001 - Splink has no door to it
    core.probability_two_random_records_match = 1 / records
    rules: list[str | BlockingRuleCreator] = [
        block_on(*rule) for rule in SURE if set(rule) <= set(filled)
    ]
    try:
        training.estimate_probability_two_random_records_match(rules, recall=0.7)
    except (ValueError, IndexError):
        core.probability_two_random_records_match = 1 / records
    if not 0 < core.probability_two_random_records_match < 1:
        core.probability_two_random_records_match = 1 / records
    training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for rule in TRAINING:
        if set(rule) <= set(filled):
            _train_once(linker, block_on(*rule))


def _train_once(linker: Linker, rule: BlockingRuleCreator) -> None:
    kept = deepcopy(linker._settings_obj.core_model_settings)  # noqa: SLF001 - as above
    try:
        linker.training.estimate_parameters_using_expectation_maximisation(rule, max_pairs=3e5)
    except Exception:  # noqa: BLE001 - a failed session leaves the model half changed
        linker._settings_obj.core_model_settings = kept  # noqa: SLF001 - as above


def _components(alone: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    ids = alone["record_id"].sort()
    left, right = (pairs[c].to_numpy() for c in ("unique_id_l", "unique_id_r"))
    size = len(ids)
    graph = coo_matrix((np.ones(len(left), np.int8), (left, right)), shape=(size, size))
    labels = connected_components(graph, directed=False)[1]
    return pl.DataFrame({"record_id": ids, "cluster": labels}).with_columns(
        cluster=pl.col("record_id").min().over("cluster")
    )
