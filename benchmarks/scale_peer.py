"""The peer at scale: plain Splink as a capable user sets it up for millions of customers.

Fixed: the columns of our own normalisation, eight equality rules, six comparisons, u from 2e6
random pairs, m by expectation maximisation on at most 3e5 pairs, pairs predicted at
match weight 4, connected components.
"""

from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl
import splink.comparison_level_library as cll
import splink.comparison_library as cl
from pairs import pairwise
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from cdp.identity.normalise import normalise
from cdp.identity.records import conform

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from pairs import Score

WEIGHT: Final = 4
RULES: Final = (
    ("email",),
    ("phone",),
    ("family", "birth_date"),
    ("given", "birth_date"),
    ("given", "family", "postcode"),
    ("family", "street", "postcode"),
    ("birth_date", "postcode"),
    ("given", "street"),
)
SURE: Final = (("email", "given"), ("given", "family", "birth_date"))
RECALL: Final = 0.6
TRAINING: Final = (("family", "birth_date"), ("email",), ("given", "street"))
ALIKE: Final = (0.92, 0.8)


def peer(records: pl.DataFrame, connection: DuckDBPyConnection) -> tuple[pl.Series, pl.DataFrame]:
    """Return the record ids and the predicted pairs: record numbers `l`, `r`, match weight `w`."""
    logging.getLogger("splink").setLevel(logging.CRITICAL)
    shaped = conform(records)
    columns, _ = normalise(shaped, connection, traits=None, key=b"")
    api = DuckDBAPI(connection)
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=_comparisons(),
        blocking_rules_to_generate_predictions=[block_on(*rule) for rule in RULES],
        retain_matching_columns=False,
        retain_intermediate_calculation_columns=False,
    )
    linker = Linker(api.register(_plain(columns)), settings, log_level=logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        training = linker.training
        training.estimate_probability_two_random_records_match(
            [block_on(*rule) for rule in SURE], recall=RECALL
        )
        training.estimate_u_using_random_sampling(max_pairs=2e6, seed=1)
        for rule in TRAINING:
            training.estimate_parameters_using_expectation_maximisation(
                block_on(*rule), max_pairs=3e5
            )
        found = linker.inference.predict(threshold_match_weight=WEIGHT, warning_mode="never")
    pairs = found.as_duckdbpyrelation().select(
        "unique_id_l as l, unique_id_r as r, match_weight as w"
    )
    return shaped["record_id"], pairs.pl()


def _plain(columns: pl.DataFrame) -> pl.DataFrame:
    """Return one value per field: nicknames mapped, the first e-mail, the first telephone."""
    others = pl.col("nicknames").list.eval(pl.element().filter(pl.element() != ""))
    return columns.select(
        "unique_id",
        given=pl.coalesce(others.list.first(), "given"),
        family="family",
        birth_date="birth_date",
        email=pl.col("emails").list.first(),
        local=pl.col("locals").list.first(),
        phone=pl.col("phones").list.first(),
        street="street",
        postcode="postcode",
    )


def _comparisons() -> list[Any]:
    one_edit = "damerau_levenshtein(birth_date_l, birth_date_r) <= 1"
    same_year = "left(birth_date_l, 4) = left(birth_date_r, 4)"
    no_email = "email_l is null or email_r is null"
    return [
        cl.JaroWinklerAtThresholds("given", list(ALIKE)),
        cl.JaroWinklerAtThresholds("family", list(ALIKE)),
        _custom(
            "birth_date",
            "birth_date_l is null or birth_date_r is null",
            ["birth_date_l = birth_date_r", one_edit, same_year],
        ),
        _custom("email", no_email, ["email_l = email_r", "local_l = local_r"]),
        cl.ExactMatch("phone"),
        _custom(
            "address",
            "postcode_l is null or postcode_r is null",
            ["street_l = street_r and postcode_l = postcode_r", "postcode_l = postcode_r"],
        ),
    ]


def _custom(name: str, is_null: str, levels: list[str]) -> Any:  # noqa: ANN401 - Splink is untyped
    return cl.CustomComparison(
        output_column_name=name,
        comparison_levels=[
            cll.CustomLevel(is_null, "null").configure(is_null_level=True),
            *(cll.CustomLevel(sql, sql) for sql in levels),
            cll.ElseLevel(),
        ],
    )


def clustered(ids: pl.Series, pairs: pl.DataFrame, weight: float) -> pl.DataFrame:
    """Return (`record_id`, `cluster`): connected components of the pairs above the weight."""
    kept = pairs.filter(pl.col("w") >= weight)
    left, right = (kept[side].cast(pl.Int64).to_numpy() for side in ("l", "r"))
    graph = coo_matrix((np.ones(len(left), np.int8), (left, right)), shape=(len(ids), len(ids)))
    labels = connected_components(graph, directed=False)[1]
    return pl.DataFrame({"record_id": ids, "cluster": labels}).with_columns(
        pl.col("cluster").cast(pl.String)
    )


def best(
    truth: pl.DataFrame, ids: pl.Series, pairs: pl.DataFrame, weights: range
) -> tuple[int, Score]:
    """Return the threshold with the highest pairwise F1 and its figures."""
    scores = {weight: pairwise(truth, clustered(ids, pairs, weight)) for weight in weights}
    chosen = max(scores, key=lambda weight: scores[weight].f1)
    return chosen, scores[chosen]
