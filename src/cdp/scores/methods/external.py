"""A score that another system computed, from a field of its records, treated like one's own.

The field comes with the records of a source instance as a custom attribute; golden records keep
the newest of each source. What is no number, or lies outside its bounds, is no score.
"""

import json
from collections.abc import Mapping
from typing import Self

import polars as pl
from pydantic import Field, model_validator

from cdp.scores.method import METHODS, Method, ScoreDefinition
from cdp.stage import Run
from cdp.store import Statement
from cdp.store.narrow import narrowed


class ExternalScore(ScoreDefinition):
    """The number that a source instance keeps in a field of its own."""

    source: str = Field(description="source instance whose records carry it")
    field: str = Field(description="name of the field, as the source or its mapping calls it")
    lowest: float | None = Field(None, description="a lower number is no score")
    highest: float | None = Field(None, description="a higher number is no score")
    times: float = Field(
        1, description="what it is multiplied by: 100 turns a share into a percentage"
    )

    @model_validator(mode="after")
    def _bounds_leave_room(self) -> Self:
        if self.lowest is not None and self.highest is not None and self.lowest > self.highest:
            msg = f"lowest {self.lowest} is more than highest {self.highest}"
            raise ValueError(msg)
        return self


def _compute(run: Run, definitions: Mapping[str, ExternalScore]) -> None:
    _declare(run, definitions)
    run.warehouse.make(_sql("external_person"))
    run.warehouse.append(_sql("external_account"))
    run.warehouse.append(_sql("external_point"))


def _reach(run: Run, definitions: Mapping[str, ExternalScore]) -> bool:
    """A number follows from a profile's own records: nobody else's moves."""
    _ = run, definitions
    return True


def _again(run: Run, definitions: Mapping[str, ExternalScore]) -> None:
    _declare(run, definitions)
    run.warehouse.refresh(_sql("external_person"))
    run.warehouse.refresh(_sql("external_account"))
    run.warehouse.append(narrowed(_sql("external_point")))


def _declare(run: Run, definitions: Mapping[str, ExternalScore]) -> None:
    rows = [
        (name, kind, d.source, f"$.{json.dumps(d.source)}.{json.dumps(d.field)}", *_bounds(d))
        for name, d in definitions.items()
        for kind in d.of
    ]
    schema = {
        "score": pl.String,
        "entity_type": pl.String,
        "source": pl.String,
        "place": pl.String,
        "lowest": pl.Float64,
        "highest": pl.Float64,
        "times": pl.Float64,
    }
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    run.warehouse.put("step.external_definition", frame)


def _bounds(definition: ExternalScore) -> tuple[float | None, float | None, float]:
    return definition.lowest, definition.highest, definition.times


def _sql(name: str) -> Statement:
    return Statement.load("cdp.scores", name)


METHODS.add("external", Method("external", ExternalScore, _compute, _reach, _again))
