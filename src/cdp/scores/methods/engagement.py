"""Engagement of somebody against the others of a comparison group, 0 to 100.

What somebody did counts `points * 0.5 ** (age / half_life)`; the value is the hundredth of those
who did something at all in which that sum falls, 0 for who did nothing. An organisation engages
by its own orders and reactions and by its contacts, the logarithm of each added up: breadth
counts more than one busy person, none of whom gives more than all others together.
"""

from collections.abc import Mapping
from typing import Literal

import polars as pl
from pydantic import Field

from cdp.scores.method import METHODS, Method, ScoreDefinition
from cdp.stage import Run
from cdp.store import Statement
from cdp.store.narrow import narrowed
from cdp.store.touching import share


class EngagementScore(ScoreDefinition):
    """The place, in hundredths, of somebody's engagement among the others."""

    points: dict[str, float] = Field(
        default={
            "order_placed": 20,
            "event_attended": 15,
            "email_clicked": 5,
            "product_viewed": 2,
            "email_opened": 2,
            "page_viewed": 1,
        },
        min_length=1,
        description="points of a type of interaction, or of order_placed, on the day it happens",
    )
    half_life_days: float = Field(30, gt=0, description="days after which an event counts half")
    within_days: int = Field(365, gt=0, description="older events count nothing")
    compare_within: Literal["country", "region", "language", "industry"] | None = Field(
        None, description="compare with those of the same country, ...; default: with everybody"
    )
    least_peers: int = Field(
        20, gt=0, description="a comparison group of fewer is compared with everybody"
    )


def _compute(run: Run, definitions: Mapping[str, EngagementScore]) -> None:
    warehouse, moment = run.warehouse, {"as_of": run.as_of}
    _declare(run, definitions)
    warehouse.make(_sql("engagement_person"), **moment)
    warehouse.make(_sql("engagement_contact"), **moment)
    warehouse.append(_sql("engagement_account"), **moment)
    warehouse.make(_sql("engagement_cut"))
    warehouse.make(_sql("engagement_place"))
    warehouse.append(_sql("engagement_point"))


def _reach(run: Run, definitions: Mapping[str, EngagementScore]) -> bool:
    """Touch the organisations of touched contacts, and who has another place than before."""
    warehouse, moment = run.warehouse, {"as_of": run.as_of}
    _declare(run, definitions)
    warehouse.refresh(_sql("engagement_person"), **moment)
    warehouse.append(_sql("engagement_employer"))
    warehouse.refresh(_sql("engagement_contact"), **moment)
    warehouse.append(_sql("engagement_employer"))
    share(warehouse)
    warehouse.refresh(_sql("engagement_account"), **moment)
    warehouse.keep("step.engagement_place")
    warehouse.make(_sql("engagement_cut"))
    warehouse.make(_sql("engagement_place"))
    warehouse.append(_sql("engagement_moved"))
    return True


def _again(run: Run, definitions: Mapping[str, EngagementScore]) -> None:
    _ = definitions
    run.warehouse.append(narrowed(_sql("engagement_point")))


def _declare(run: Run, definitions: Mapping[str, EngagementScore]) -> None:
    run.warehouse.put("step.engagement_definition", _members(definitions))
    run.warehouse.put("step.engagement_weight", _weights(definitions))


def _members(definitions: Mapping[str, EngagementScore]) -> pl.DataFrame:
    rows = [(name, kind, d.least_peers) for name, d in definitions.items() for kind in d.of]
    schema = {"score": pl.String, "entity_type": pl.String, "least_peers": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _weights(definitions: Mapping[str, EngagementScore]) -> pl.DataFrame:
    rows = [
        (name, event, points, d.half_life_days, d.within_days, d.compare_within)
        for name, d in definitions.items()
        for event, points in d.points.items()
    ]
    schema = {
        "score": pl.String,
        "event": pl.String,
        "points": pl.Float64,
        "half_life_days": pl.Float64,
        "within_days": pl.Int64,
        "compare_within": pl.String,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def _sql(name: str) -> Statement:
    return Statement.load("cdp.scores", name)


METHODS.add("engagement", Method("engagement", EngagementScore, _compute, _reach, _again))
