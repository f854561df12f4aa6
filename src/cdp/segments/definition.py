"""`segments/*.yaml`: one segment a file, as conditions or as a query."""

from typing import Self

from pydantic import Field, model_validator

from cdp.segments.condition import CONDITIONS, AnyCondition, Condition
from cdp.segments.control import Control
from cdp.segments.scope import Entity
from cdp.segments.static import Static
from cdp.settings import Declared, Strict


class SegmentFile(Strict):
    """One segment; its name is the name of its file."""

    description: str = Field("", description="one sentence: who is in it, and what for")
    of: Entity = Field(
        "person", description="what its members are: person, organisation, group, visitor"
    )
    where: AnyCondition | None = Field(None, description="the condition that members satisfy")
    sql: str | None = Field(
        None,
        description="instead of `where`: a SELECT over gold tables with a column profile_id; "
        "$as_of is the moment that the run looks from",
    )
    static: bool = Field(
        default=False,
        description="instead of `where`: its members are those who are put into it by hand",
    )
    control: Control | None = Field(None, description="who of its members is held out, to measure")

    @model_validator(mode="after")
    def _has_one(self) -> Self:
        given = (self.where is not None) + (self.sql is not None) + self.static
        if given != 1:
            msg = "a segment needs either `where` or `sql`, or `static: true`"
            raise ValueError(msg)
        _ = self.condition
        return self

    @property
    def condition(self) -> Condition:
        """The condition that members satisfy."""
        if self.where is not None:
            return self.where
        if self.static:
            return Static()
        return CONDITIONS.get("sql").model_validate({"sql": self.sql})


SEGMENTS = Declared("segments/*.yaml", SegmentFile)
