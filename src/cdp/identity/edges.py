"""The answer as tables: clusters, the edges worth keeping with their reasons, the uncertainty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from cdp.identity.classes import STRANGERS, describe
from cdp.identity.latent import prior_weight, weights
from cdp.identity.linkage import probability
from cdp.identity.resolution import CLUSTER_SCHEMA, EDGE_SCHEMA

if TYPE_CHECKING:
    from cdp.identity.comparisons import Comparison
    from cdp.identity.latent import Latent
    from cdp.identity.party import PartyResult, Task

BITS: Final = 1 / np.log(2)
KEPT_PROBABILITY: Final = 0.01
INNOCENT: Final = "innocent"
DIFFERS: Final = "differs"
RARITY: Final = ("", ", rare value", ", common value")
REMARKABLE: Final = 2.0
"""Bits by which a value's rarity moves a weight before it is worth a word."""
UNSURE: Final = (0.1, 0.9)
DECIMALS: Final = 4
AT_ONCE: Final = 100_000
"""Pairs whose weights are written at a time: a dozen texts a pair are held until they are one."""


def cluster_frame(task: Task, result: PartyResult) -> pl.DataFrame:
    """Return one row per record of this party type (`CLUSTER_SCHEMA`)."""
    ids, labels, found = task.records["record_id"], result.labels, result.clusters
    return pl.DataFrame(
        {
            "record_id": ids,
            "party_type": task.kind,
            "cluster": ids.gather(labels),
            "possible": ids.gather(found.lenient),
            "expected_wrong": found.wrong[labels].round(DECIMALS),
            "expected_missed": found.missed[labels].round(DECIMALS),
        },
        schema=CLUSTER_SCHEMA,
    )


def edge_frame(task: Task, result: PartyResult) -> pl.DataFrame:
    """Return the pairs that are joined, decided on or at least 1 % likely (`EDGE_SCHEMA`)."""
    pairs = result.pairs
    joined = result.labels[pairs.left] == result.labels[pairs.right]
    must, cannot, related = _decided(task, pairs.left, pairs.right)
    odds = result.verdicts.log_odds
    likely = odds > np.log(KEPT_PROBABILITY / (1 - KEPT_PROBABILITY))
    rows = np.flatnonzero(joined | must | cannot | likely)
    ids = task.records["record_id"]
    innocent = _innocent_names(result)
    words = pl.Series([None, "must_link", "cannot_link", "related"], dtype=pl.String)
    decision = np.select([cannot, must, related], [2, 1, 3])
    return pl.DataFrame(
        {
            "record_l": ids.gather(pairs.left[rows]),
            "record_r": ids.gather(pairs.right[rows]),
            "party_type": pl.repeat(task.kind, len(rows), eager=True),
            "match_weight": odds[rows] * BITS,
            "probability": probability(odds[rows]),
            "weights": _weights(result, rows),
            "innocent_class": pl.Series(innocent).gather(result.verdicts.innocent[rows]),
            "innocent_share": result.verdicts.share[rows],
            "pooled_weight": pl.Series(result.clusters.pooled[rows] * BITS).fill_nan(None),
            "decided": joined[rows],
            "decision": words.gather(decision[rows]),
        },
        schema=EDGE_SCHEMA,
    )


@dataclass(frozen=True, slots=True)
class Doubts:
    """Expected wrong and missed record pairs, and the number of pairs that are unsure."""

    wrong: float
    missed: float
    unsure: int


def uncertainty(results: list[PartyResult]) -> Doubts:
    """Return what the clusters are expected to have got wrong, over all party types.

    A merge stands for all pairs of the two clusters, and what they say together for its chance:
    the pairs of a coherent cluster support each other, so their own chances do not add up.
    """
    chances = np.concatenate([probability(result.verdicts.log_odds) for result in results])
    return Doubts(
        wrong=float(sum(result.clusters.wrong.sum() for result in results)),
        missed=float(sum(result.clusters.missed.sum() for result in results)) / 2,
        unsure=int(((chances > UNSURE[0]) & (chances < UNSURE[1])).sum()),
    )


def conflicting(task: Task, result: PartyResult) -> list[tuple[str, str]]:
    """Return the must-link pairs that ended apart, because a cannot-link stands between them."""
    apart = result.labels[task.must[:, 0]] != result.labels[task.must[:, 1]]
    ids = task.records["record_id"]
    left, right = (ids.gather(task.must[apart, side]).to_list() for side in (0, 1))
    return list(zip(left, right, strict=True))


def _decided(task: Task, left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return, of each pair, whether it must be one, must not be, and is of related records."""
    size = len(task.records)
    keys = left * size + right
    return tuple(
        np.isin(keys, chosen[:, 0] * size + chosen[:, 1])
        for chosen in (task.must, task.cannot, task.related)
    )


def _innocent_names(result: PartyResult) -> list[str]:
    if result.model is None:
        return [STRANGERS]
    return [STRANGERS, *(describe(evidence) for evidence in result.model.latent.classes)]


def _weights(result: PartyResult, rows: np.ndarray) -> pl.Series:
    """Return the log2 terms of each pair as JSON (`EDGE_SCHEMA`); they add up to its weight."""
    if result.model is None:
        return pl.repeat("[]", len(rows), eager=True)
    latent = result.model.latent
    starts = range(0, max(len(rows), 1), AT_ONCE)
    return pl.concat([_some_weights(result, latent, rows[at : at + AT_ONCE]) for at in starts])


def _some_weights(result: PartyResult, latent: Latent, rows: np.ndarray) -> pl.Series:
    vectors, terms = result.pairs.vectors[rows], result.pairs.terms[rows]
    by_comparison = weights(latent, vectors, terms) * BITS
    innocent = (result.verdicts.log_odds - result.verdicts.against_strangers)[rows] * BITS
    parts = [_parts("prior", np.full(len(rows), prior_weight(latent) * BITS))]
    parts += [
        _parts(c.name, by_comparison[:, i], _levels(c, vectors[:, i], terms[:, i]))
        for i, c in enumerate(latent.comparisons)
    ]
    parts.append(_parts(INNOCENT, innocent))
    frame = pl.DataFrame({str(number): part for number, part in enumerate(parts)})
    joined = pl.concat_str(pl.all(), separator=",", ignore_nulls=True)
    return frame.select(weights=pl.format("[{}]", joined))["weights"]


def _levels(comparison: Comparison, levels: np.ndarray, terms: np.ndarray) -> pl.Series:
    """Return the level of each pair in words, null where one side has no value."""
    rare, common = terms * BITS <= -REMARKABLE, terms * BITS >= REMARKABLE
    names = [None, DIFFERS, *(level.label for level in reversed(comparison.levels))]
    words = pl.Series([f"{name}{how}" if name else None for name in names for how in RARITY])
    return words.gather((levels.astype(np.int64) + 1) * len(RARITY) + rare + 2 * common)


def _parts(name: str, weight: np.ndarray, level: pl.Series | None = None) -> pl.Series:
    """Return one JSON object a pair, null where the level is."""
    value = pl.Series("weight", weight).round(4).cast(pl.String)
    if level is None:
        head = pl.lit(f'{{"comparison":"{name}","level":null,"weight":')
        return pl.select(pl.concat_str(head, value, pl.lit("}"))).to_series()
    heads = pl.lit(f'{{"comparison":"{name}","level":"')
    return pl.select(
        pl.concat_str(heads, level, pl.lit('","weight":'), value, pl.lit("}"))
    ).to_series()
