"""RFM: how recently, how often and for how much somebody bought, each in quintiles.

Quintiles are cut at values, not at ranks: equal customers always get equal points. A first
statement finds the cuts over everybody, a second one rates each profile against them.
Hughes, "Strategic Database Marketing" (1994), describes the method.
"""

from collections.abc import Mapping

import polars as pl
from pydantic import Field

from cdp.scores.method import METHODS, Method, ScoreDefinition
from cdp.stage import Run
from cdp.store import Statement
from cdp.store.narrow import narrowed


class RfmScore(ScoreDefinition):
    """An RFM score: 1 to 5 points each for recency, frequency and revenue, times a weight."""

    recency: float = Field(1, ge=0, description="weight of the quintile of days since last order")
    frequency: float = Field(1, ge=0, description="weight of the quintile of number of orders")
    monetary: float = Field(1, ge=0, description="weight of the quintile of revenue")


def _compute(run: Run, definitions: Mapping[str, RfmScore]) -> None:
    run.warehouse.put("step.rfm_definition", _table(definitions))
    run.warehouse.make(Statement.load("cdp.scores", "rfm_cut"))
    run.warehouse.append(Statement.load("cdp.scores", "rfm_point"))


def _reach(run: Run, definitions: Mapping[str, RfmScore]) -> bool:
    """Find the cuts anew and touch those whom a moved cut puts into another quintile."""
    warehouse = run.warehouse
    warehouse.put("step.rfm_definition", _table(definitions))
    warehouse.keep("step.rfm_cut")
    warehouse.make(Statement.load("cdp.scores", "rfm_cut"))
    warehouse.append(Statement.load("cdp.scores", "rfm_moved"))
    return True


def _again(run: Run, definitions: Mapping[str, RfmScore]) -> None:
    _ = definitions
    run.warehouse.append(narrowed(Statement.load("cdp.scores", "rfm_point")))


def _table(definitions: Mapping[str, RfmScore]) -> pl.DataFrame:
    rows = [
        (name, entity_type, d.recency, d.frequency, d.monetary)
        for name, d in definitions.items()
        for entity_type in d.of
    ]
    schema = {
        "score": pl.String,
        "entity_type": pl.String,
        "recency": pl.Float64,
        "frequency": pl.Float64,
        "monetary": pl.Float64,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


METHODS.add("rfm", Method("rfm", RfmScore, _compute, _reach, _again))
