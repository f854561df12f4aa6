"""Records in, clusters out: block, compare, weigh, link.

Invariant: the answer depends on the set of records, the model, the mode, the seed and the
decisions, never on row order; every record gets exactly one cluster.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import polars as pl

from cdp.identity.records import DECISION_SCHEMA

if TYPE_CHECKING:
    from cdp.identity.artefact import Model
    from duckdb import DuckDBPyConnection

    from cdp.identity.resolution import Resolution

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
    raise NotImplementedError
