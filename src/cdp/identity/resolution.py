"""What the identity engine answers: clusters, the scored edges behind them, and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import polars as pl

if TYPE_CHECKING:
    from cdp.identity.artefact import Model

CLUSTER_SCHEMA: Final[dict[str, pl.DataType]] = {
    "record_id": pl.String(),
    "party_type": pl.String(),
    "cluster": pl.String(),
    "possible": pl.String(),
    "expected_wrong": pl.Float64(),
    "expected_missed": pl.Float64(),
}
"""One row per record; `party_type` is `person` or `organisation`, `cluster` its smallest id.

`possible` is the smallest id of the cluster at the lenient cut, a union of clusters: the same
scored graph read for a hint. Of each cluster, `expected_wrong` is the expected number of its
record pairs that are not one, `expected_missed` that of pairs with records of other clusters that
are; the review queue ranks by them.
"""

EDGE_SCHEMA: Final[dict[str, pl.DataType]] = {
    "record_l": pl.String(),
    "record_r": pl.String(),
    "party_type": pl.String(),
    "match_weight": pl.Float64(),
    "probability": pl.Float64(),
    "weights": pl.String(),
    "innocent_class": pl.String(),
    "innocent_share": pl.Float64(),
    "pooled_weight": pl.Float64(),
    "decided": pl.Boolean(),
    "decision": pl.String(),
}
"""One row per pair worth keeping, `record_l < record_r`.

`match_weight` is the log2 odds of a match against every innocent explanation; `weights` a JSON
list `[{comparison, level, weight}]` of log2 terms (`prior`, one per comparison that both records
have a value for, `innocent`) that add up to it; `innocent_class`
the strongest innocent explanation and `innocent_share` its share among the innocent ones;
`pooled_weight` is the log2 odds of what the clusters of both said together: when they were joined,
or where they stayed apart; null across components, or where a decision or a limit of identifiers
stands above it.
`decided` says whether both records ended in one cluster; `decision` is `must_link`, `cannot_link`,
`related` or null.
"""


@dataclass(frozen=True, slots=True)
class ResolutionReport:
    """How a run went: sizes, seconds by step, and what it expects to have got wrong.

    Attributes:
        records: records by party type.
        pairs: candidate pairs compared.
        seconds: wall seconds by step, in order.
        expected_wrong_pairs: expected number of record pairs joined that are not the same.
        expected_missed_pairs: expected number of pairs left apart within reach of a scored pair.
        unsure_pairs: kept pairs whose probability lies between .1 and .9.
        conflicts: pairs that must-link joins (perhaps by way of others) and cannot-link parts.
    """

    records: dict[str, int] = field(default_factory=dict)
    pairs: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    expected_wrong_pairs: float = 0.0
    expected_missed_pairs: float = 0.0
    unsure_pairs: int = 0
    conflicts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Resolution:
    """Clusters (`CLUSTER_SCHEMA`), edges (`EDGE_SCHEMA`), the report and the model that decided."""

    clusters: pl.DataFrame
    edges: pl.DataFrame
    report: ResolutionReport
    model: Model
