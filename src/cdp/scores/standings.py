"""What the models of predictive scores may say: as a table, and who stands in for whom.

Invariant: a score whose model may say nothing is computed as RFM, and told as no value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from cdp.scores.method import METHODS, ScoreDefinition, Standing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdp.store import Warehouse

_KEPT = (
    *("score", "status", "model_version", "reasons", "marks", "horizon_days", "trained_at"),
    *("expires_at", "customers", "drift", "drift_of", "drift_limit", "is_pinned"),
    *("matured_version", "matured_on", "total_error", "brier_skill"),
)
_TABLE = pl.Schema(
    {
        "score": pl.String(),
        "method": pl.String(),
        "model_version": pl.String(),
        "status": pl.String(),
        "reasons": pl.List(pl.String()),
        "marks": pl.List(pl.String()),
        "horizon_days": pl.Int32(),
        "trained_at": pl.Datetime("us"),
        "expires_at": pl.Datetime("us"),
        "age_days": pl.Int32(),
        "customers": pl.Int64(),
        "scored": pl.Int64(),
        "drift": pl.Float64(),
        "drift_of": pl.String(),
        "drift_limit": pl.Float64(),
        "is_pinned": pl.Boolean(),
        "matured_version": pl.String(),
        "matured_on": pl.Date(),
        "total_error": pl.Float64(),
        "brier_skill": pl.Float64(),
    }
)


def told(
    declared: Mapping[str, ScoreDefinition], judged: Mapping[str, Standing]
) -> dict[str, ScoreDefinition]:
    """Return the definitions to compute: RFM where a model may say nothing."""
    return {
        name: _stand_in(definition) if name in judged and not judged[name].tells else definition
        for name, definition in declared.items()
    }


def _stand_in(definition: ScoreDefinition) -> ScoreDefinition:
    rfm: type[ScoreDefinition] = METHODS.get("rfm").definition
    return rfm.model_validate({"method": "rfm", "of": definition.of})


def described(standing: Standing | None) -> tuple[Any, ...]:
    """Return status, reasons, model version and moment of training, as gold.score tells them."""
    if standing is None:
        return ("published", [], None, None)
    trained_at = standing.trained_at.replace(tzinfo=None)
    return (standing.status, list(standing.reasons), standing.model_version, trained_at)


def kept(warehouse: Warehouse) -> dict[str, Standing]:
    """Return what models were judged to say when the stage last worked."""
    columns = ", ".join(_KEPT)
    found = {}
    for row in warehouse.query(f"select {columns} from gold.score_model").to_dicts():  # noqa: S608 - ours
        name = row.pop("score")
        row |= {key: tuple(row[key]) for key in ("reasons", "marks")}
        found[name] = Standing(**row)
    return found


def table(
    warehouse: Warehouse,
    declared: Mapping[str, ScoreDefinition],
    judged: Mapping[str, Standing],
) -> pl.DataFrame:
    """Return gold.score_model as it is after gold.score was written."""
    counted = warehouse.query(
        "select score, max(as_of) as as_of, count(*) as scored from gold.score group by score"
    )
    scored = {name: (as_of, count) for name, as_of, count in counted.rows()}
    rows = []
    for name, standing in sorted(judged.items()):
        trained_at = standing.trained_at.replace(tzinfo=None)
        as_of, count = scored.get(name, (trained_at, 0))
        told_of = {key: getattr(standing, key) for key in _KEPT if key != "score"}
        rows.append(
            told_of
            | {
                "score": name,
                "method": declared[name].method,
                "reasons": list(standing.reasons),
                "marks": list(standing.marks),
                "trained_at": trained_at,
                "expires_at": standing.expires_at.replace(tzinfo=None),
                "age_days": (as_of - trained_at).days,
                "scored": count,
            }
        )
    return pl.DataFrame(rows, schema=_TABLE)
