"""`any`: at least one of several conditions."""

from pydantic import Field
from sqlglot import exp

from cdp.segments.condition import CONDITIONS, AnyCondition, Condition
from cdp.segments.scope import Scope


class AnyOf(Condition):
    """At least one of these holds."""

    any: tuple[AnyCondition, ...] = Field(min_length=1, description="conditions of which one holds")

    def predicate(self, scope: Scope) -> exp.Expr:
        """Return whether at least one condition holds."""
        return exp.paren(exp.or_(*(one.sql(scope) for one in self.any)))


CONDITIONS.add("any", AnyOf)
