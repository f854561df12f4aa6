"""`attribute`: a golden attribute of the member."""

from pydantic import Field, field_validator
from sqlglot import exp

from cdp.segments.comparison import NeededComparison
from cdp.segments.condition import CONDITIONS, Condition
from cdp.segments.scope import Scope, fields, pick


class Attribute(Condition, NeededComparison):
    """A field of gold.profile, or of gold.account for organisations."""

    attribute: str = Field(description="name of the field: country, birth_date, sources, ...")

    @field_validator("attribute")
    @classmethod
    def _is_known(cls, name: str) -> str:
        known = fields("gold.profile") | fields("gold.account")
        if name not in known:
            msg = f"unknown attribute {name!r}; known: {', '.join(known)}"
            raise ValueError(msg)
        return name

    def predicate(self, scope: Scope) -> exp.Expr:
        """Return whether the member's value satisfies the comparisons."""
        return self.compare(pick(self.attribute, scope.table), scope, scope.alias)


CONDITIONS.add("attribute", Attribute)
