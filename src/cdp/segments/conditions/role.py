"""`role`: a role that the member plays for some source."""

from pydantic import Field
from sqlglot import exp

from cdp.segments.condition import CONDITIONS, Condition
from cdp.segments.scope import Scope


class Role(Condition):
    """A row of gold.role with this role, and this scope where one is given."""

    role: str = Field(description="customer, prospect, contact, supplier, ...")
    scope: str | None = Field(None, description="only for this scope (a sales area, a company)")
    ended: bool | None = Field(
        None, description="true: only with an end, false: only without; default: either"
    )

    def predicate(self, scope: Scope) -> exp.Expr:
        """Return whether the member plays such a role."""
        rows = scope.rows("gold.role").where(
            exp.column("role", table="it").eq(scope.bind(self.role))
        )
        if self.scope is not None:
            rows = rows.where(exp.column("scope", table="it").eq(scope.bind(self.scope)))
        if self.ended is not None:
            is_open = exp.column("valid_to", table="it").is_(exp.null())
            rows = rows.where(exp.not_(is_open) if self.ended else is_open)
        return rows.of(scope)


CONDITIONS.add("role", Role)
