"""Records in, clusters out: block, compare, weigh, link.

Invariant: the answer depends on the set of records, the model, the mode, the seed and the
decisions, never on row order; every record gets exactly one cluster.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
import polars as pl

from cdp.identity.artefact import Model
from cdp.identity.edges import cluster_frame, conflicting, edge_frame, uncertainty
from cdp.identity.linkage import LENIENT, STRICT
from cdp.identity.parties import split
from cdp.identity.party import Clock, PartyResult, Task, resolve_party
from cdp.identity.records import DECISION_SCHEMA, conform, data_hash
from cdp.identity.resolution import Resolution, ResolutionReport

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Mode = Literal["strict", "lenient"]


@dataclass(frozen=True, slots=True)
class Decisions:
    """Pairs that stand above the model, as frames of `record_l, record_r`.

    Attributes:
        must_link: always end in one cluster.
        cannot_link: never end in one cluster, not even by way of others; wins over must-link,
            and a pair that both claim is reported as a conflict.
    """

    must_link: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=DECISION_SCHEMA))
    cannot_link: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=DECISION_SCHEMA))


def resolve(
    records: pl.DataFrame,
    connection: DuckDBPyConnection,
    *,
    model: Model | None = None,
    mode: Mode = "strict",
    seed: int = 1,
    decisions: Decisions | None = None,
) -> Resolution:
    """Return who is who among the records.

    Args:
        records: frame of `RECORD_SCHEMA` (absent columns count as empty); 0 rows are fine.
        connection: a scratch DuckDB connection (`cdp.store.scratch()`); only temporary tables
            are made in it.
        model: a frozen model; None trains one on these records. A part the model lacks (no
            organisation was seen in training) is trained and comes back in `Resolution.model`.
        mode: `strict` where a false merge costs more than a miss, `lenient` the other way round.
        seed: of the samples drawn in training.
        decisions: must-link and cannot-link pairs; ids that are not among the records are ignored.

    Raises:
        RecordsError: the frame lacks `record_id`, repeats an id, or a column has another type.
    """
    clock = Clock()
    decisions = decisions or Decisions()
    model = model or Model()
    shaped = conform(records)
    outcomes = []
    for kind, part in split(shaped).items():
        task = Task(
            kind=kind,
            records=part,
            connection=connection,
            model=model.parts.get(kind),
            rule=STRICT if mode == "strict" else LENIENT,
            seed=seed,
            key=model.key,
            must=_numbered(decisions.must_link, part["record_id"]),
            cannot=_numbered(decisions.cannot_link, part["record_id"]),
        )
        outcomes.append((task, resolve_party(task, clock)))
    if not model.data_hash:
        model = Model(model.parts, model.key, data_hash(shaped))
    return _resolution(model, outcomes, clock)


def _numbered(pairs: pl.DataFrame, ids: pl.Series) -> np.ndarray:
    """Return the pairs as record numbers, left < right, each once; strangers left out."""
    numbers = ids.to_frame("record_id").with_row_index("number")
    known = pairs.join(numbers, left_on="record_l", right_on="record_id").join(
        numbers, left_on="record_r", right_on="record_id", suffix="_r"
    )
    both = known.select(
        left=pl.min_horizontal("number", "number_r"), right=pl.max_horizontal("number", "number_r")
    ).filter(pl.col("left") < pl.col("right"))
    return both.unique().sort("left", "right").to_numpy().astype(np.int64).reshape(-1, 2)


def _resolution(model: Model, outcomes: list[tuple[Task, PartyResult]], clock: Clock) -> Resolution:
    parts = dict(model.parts)
    cluster_frames, edge_frames, conflicts = [], [], []
    for task, result in outcomes:
        if result.model:
            parts[task.kind] = result.model
        cluster_frames.append(cluster_frame(task, result))
        edge_frames.append(edge_frame(task, result))
        conflicts += conflicting(task, result)
    edges = pl.concat(edge_frames).sort("record_l", "record_r")
    doubts = uncertainty([result for _, result in outcomes])
    report = ResolutionReport(
        records={task.kind: len(task.records) for task, _ in outcomes},
        pairs=sum(result.candidates for _, result in outcomes),
        seconds=clock.seconds,
        conflicts=tuple(conflicts),
        expected_wrong_pairs=doubts.wrong,
        expected_missed_pairs=doubts.missed,
        unsure_pairs=doubts.unsure,
    )
    return Resolution(
        clusters=pl.concat(cluster_frames).sort("record_id"),
        edges=edges,
        report=report,
        model=Model(parts, model.key, model.data_hash),
    )
