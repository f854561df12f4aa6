"""Records in, clusters out: block, compare, weigh, link.

Invariant: the answer depends on the set of records, the model, the mode, the seed and the
decisions, never on row order; every record gets exactly one cluster.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Literal

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from cdp.identity.artefact import Model
from cdp.identity.edges import cluster_frame, conflicting, edge_frame, uncertainty
from cdp.identity.linkage import LENIENT, STRICT
from cdp.identity.parties import split
from cdp.identity.party import Clock, PartyResult, Task, block_keys, resolve_party
from cdp.identity.records import DECISION_SCHEMA, conform, data_hash
from cdp.identity.resolution import Resolution, ResolutionReport

if TYPE_CHECKING:
    from collections.abc import Callable

    from duckdb import DuckDBPyConnection

    from cdp.identity.artefact import PartyType
    from cdp.identity.party import KeepKeys

    KeepBlocks = Callable[[PartyType, pl.Series], KeepKeys]

Mode = Literal["strict", "lenient"]


@dataclass(frozen=True, slots=True)
class Decisions:
    """Pairs that stand above the model, as frames of `record_l, record_r`.

    Attributes:
        must_link: always end in one cluster.
        cannot_link: never end in one cluster, not even by way of others; wins over must-link,
            and a pair that both claim is reported as a conflict.
        related: never end in one cluster either, as a source relates one to the other; they are
            no candidates for that.
    """

    must_link: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=DECISION_SCHEMA))
    cannot_link: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=DECISION_SCHEMA))
    related: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=DECISION_SCHEMA))


@dataclass(frozen=True, slots=True)
class Blocking:
    """What a caller knows of blocking, or wants to know.

    Attributes:
        candidates: the pairs to compare (`record_l`, `record_r`), instead of blocking; needs a
            model for every part.
        keep: for a party type and its record ids returns what takes their block keys.
        shown: takes the normalised records of a party type, which blocking reads.
    """

    candidates: pl.DataFrame | None = None
    keep: KeepBlocks | None = None
    shown: Callable[[PartyType, pl.DataFrame], None] | None = None


def resolve(  # noqa: PLR0913 - the door of the room; all but the records have a default
    records: pl.DataFrame,
    connection: DuckDBPyConnection,
    *,
    model: Model | None = None,
    mode: Mode = "strict",
    seed: int = 1,
    decisions: Decisions | None = None,
    blocking: Blocking | None = None,
) -> Resolution:
    """Return who is who among the records.

    Args:
        records: frame of `RECORD_SCHEMA` (absent columns count as empty); 0 rows are fine.
        connection: a scratch DuckDB connection (`cdp.store.scratch()`); only temporary tables
            are made in it.
        model: a frozen model; None trains one on these records. A part the model lacks (no
            organisation was seen in training) is trained and comes back in `Resolution.model`.
            Its laws hold for every part (`laws.governed`).
        mode: `strict` where a false merge costs more than a miss, `lenient` the other way round.
        seed: of the samples drawn in training.
        decisions: must-link and cannot-link pairs; ids that are not among the records are ignored.
        blocking: what is blocked elsewhere, or kept of the blocking done here.

    Raises:
        RecordsError: the frame lacks `record_id`, repeats an id, or a column has another type.
    """
    clock = Clock()
    model = model or Model()
    shaped = conform(records)
    outcomes = []
    shared, decided = blocking or Blocking(), decisions or Decisions()
    for task in _tasks(shaped, connection, model, shared.keep):
        ids = task.records["record_id"]
        given = None if shared.candidates is None else _numbered(shared.candidates, ids)
        whole = replace(
            task,
            rule=STRICT if mode == "strict" else LENIENT,
            seed=seed,
            must=_numbered(decided.must_link, ids),
            cannot=_numbered(decided.cannot_link, ids),
            related=_numbered(decided.related, ids),
            candidates=None if given is None else (given[:, 0], given[:, 1]),
            shown=partial(shared.shown, task.kind) if shared.shown else None,
        )
        with threadpool_limits(1, "blas"):  # matrices so small that a second thread only waits
            outcomes.append((whole, resolve_party(whole, clock)))
    if not model.data_hash:
        model = replace(model, data_hash=data_hash(shaped))
    return _resolution(model, outcomes, clock)


def block(
    records: pl.DataFrame, connection: DuckDBPyConnection, model: Model, keep: KeepBlocks
) -> None:
    """Give `keep` the block keys that the records have by a frozen model; resolve nothing.

    Raises:
        RecordsError: as `resolve`.
    """
    for task in _tasks(conform(records), connection, model, keep):
        block_keys(task)


def _tasks(
    shaped: pl.DataFrame,
    connection: DuckDBPyConnection,
    model: Model,
    keep: KeepBlocks | None,
) -> list[Task]:
    nobody = np.zeros((0, 2), np.int64)
    return [
        Task(
            kind=kind,
            records=part,
            connection=connection,
            model=model.parts.get(kind),
            rule=STRICT,
            seed=1,
            key=model.key,
            must=nobody,
            cannot=nobody,
            related=nobody,
            keep=keep(kind, part["record_id"]) if keep else None,
            laws=tuple(law for law in model.laws if law.concerns(kind)),
        )
        for kind, part in split(shaped).items()
    ]


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
        model=replace(model, parts=parts),
    )
