"""`segment`: the member is in another segment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field
from sqlglot import exp

from cdp.segments.compiler import members
from cdp.segments.condition import CONDITIONS, Condition
from cdp.segments.scope import ConditionError, Scope, exists

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
            msg = f"unknown segment {self.segment!r}; known: {', '.join(sorted(scope.segments))}"
            raise ConditionError(msg)
        if self.segment in scope.path:
            circle = " > ".join((*scope.path, self.segment))
            msg = f"segments build upon each other in a circle: {circle}"
            raise ConditionError(msg)
        other = scope.segments[self.segment]
        inner = members(other, scope.inside(self.segment, other.of)).subquery("it")
        belongs = exp.column("profile_id", table="it").eq(scope.member)
        return exists(exp.select().from_(inner).where(belongs))


CONDITIONS.add("segment", Segment)
