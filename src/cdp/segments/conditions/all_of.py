"""`all`: every one of several conditions."""

from pydantic import Field
from sqlglot import exp

from cdp.segments.condition import CONDITIONS, AnyCondition, Condition
from cdp.segments.scope import Scope


class All(Condition):
    """Every one of these holds."""

    all: tuple[AnyCondition, ...] = Field(min_length=1, description="conditions that all hold")

    def predicate(self, scope: Scope) -> exp.Expr:
        """Return whether every condition holds."""
        return exp.paren(exp.and_(*(one.sql(scope) for one in self.all)))


CONDITIONS.add("all", All)
