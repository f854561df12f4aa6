"""`target_group`: another system has the member in a target group."""

from pydantic import Field
from sqlglot import exp

from cdp.segments.condition import CONDITIONS, Condition
from cdp.segments.scope import Scope


class TargetGroup(Condition):
    """A row of gold.target_group_member with this target group."""

    target_group: str = Field(description="target_group_id, `source:native id`")

    def predicate(self, scope: Scope) -> exp.Expr:
        """Return whether the member is in the target group."""
        named = exp.column("target_group_id", table="it").eq(scope.bind(self.target_group))
        return scope.rows("gold.target_group_member", scope.key).where(named).of(scope)


CONDITIONS.add("target_group", TargetGroup)
