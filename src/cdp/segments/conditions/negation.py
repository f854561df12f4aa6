"""`not`: the complement of a condition."""

from pydantic import Field
from sqlglot import exp

from cdp.segments.condition import CONDITIONS, AnyCondition, Condition
from cdp.segments.scope import Scope


class Not(Condition):
    """This does not hold."""

    not_: AnyCondition = Field(alias="not", description="condition that does not hold")

    def predicate(self, scope: Scope) -> exp.Expr:
        """Return whether the condition does not hold."""
        return exp.not_(exp.paren(self.not_.sql(scope)))


CONDITIONS.add("not", Not)
