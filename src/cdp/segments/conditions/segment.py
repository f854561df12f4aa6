"""`segment`: the member is in another segment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field
from sqlglot import exp

from cdp.segments.compiler import members
from cdp.segments.condition import CONDITIONS, Condition
from cdp.segments.naming import unknown
from cdp.segments.scope import ConditionError, Scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdp.segments.definition import SegmentFile


class Segment(Condition):
    """Satisfies the definition of another segment, as it is now."""

    segment: str = Field(description="name of the other segment, as its file is called")

    def is_own(self, segments: Mapping[str, SegmentFile]) -> bool:
        """Whether the other definition is."""
        return segments[self.segment].condition.is_own(segments)

    def predicate(self, scope: Scope) -> exp.Expr:
        """Return whether the member satisfies the other definition."""
        if self.segment not in scope.segments:
            raise ConditionError(unknown("segment", self.segment, sorted(scope.segments)))
        if self.segment in scope.path:
            start = scope.path.index(self.segment)
            circle = " > ".join((*scope.path[start:], self.segment))
            msg = f"segments build upon each other in a circle: {circle}"
            raise ConditionError(msg)
        other = scope.segments[self.segment]
        try:
            ids = members(other, scope.inside(self.segment, other.of))
        except ConditionError as error:
            # what is wrong in there is told as the fault of this condition
            msg = (
                str(error)
                if "in a circle" in str(error)
                else f"in segment {self.segment!r}: {error}"
            )
            raise ConditionError(msg) from None
        return scope.among(exp.select("profile_id").from_(ids.subquery("it")))


CONDITIONS.add("segment", Segment)
