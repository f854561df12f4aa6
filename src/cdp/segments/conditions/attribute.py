"""`attribute`: a golden attribute of the member, or a conclusion about it."""

from pydantic import Field, field_validator
from sqlglot import exp

from cdp.segments.comparison import NeededComparison
from cdp.segments.condition import CONDITIONS, Condition
from cdp.segments.scope import Scope, exists, fields, pick

_INFERRED = "inferred."
_CONCLUSIONS = "gold.enrichment"


class Attribute(Condition, NeededComparison):
    """A field of gold.profile, or of gold.account for organisations, or a conclusion."""

    attribute: str = Field(
        description="name of the field: country, birth_date, sources, ...; with `inferred.` "
        "before it a conclusion of gold.enrichment, as text: inferred.time_zone, ..."
    )

    @field_validator("attribute")
    @classmethod
    def _is_known(cls, name: str) -> str:
        if name.startswith(_INFERRED):
            return name
        known = fields("gold.profile") | fields("gold.account")
        if name not in known:
            msg = f"unknown attribute {name!r}; known: {', '.join(known)}"
            raise ValueError(msg)
        return name

    def predicate(self, scope: Scope) -> exp.Expr:
        """Return whether the member's value satisfies the comparisons."""
        if self.attribute.startswith(_INFERRED):
            return self._concluded(scope)
        return self.compare(pick(self.attribute, scope.table), scope, scope.alias)

    def _concluded(self, scope: Scope) -> exp.Expr:
        name = scope.bind(self.attribute.removeprefix(_INFERRED))
        rows = scope.rows(_CONCLUSIONS).where(exp.column("attribute", table="it").eq(name))
        if self.exists is False:
            return exp.not_(exists(rows))
        return exists(rows.where(self.compare(pick("value", _CONCLUSIONS), scope, "it")))


CONDITIONS.add("attribute", Attribute)
